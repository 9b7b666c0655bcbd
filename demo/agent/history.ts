import { createHash } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { appendFile, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Conversation } from '@warm-agent/agent'

/** What was asked in a conversation, oldest first. */
export interface History {
  /** The questions before this one, and whether they had to be loaded: then this microVM is new to the conversation. */
  recall(conversation: Conversation): Promise<{ questions: readonly string[]; isReloaded: boolean }>
  add(conversation: Conversation, question: string): Promise<void>
}

/**
 * A history that outlives every microVM: in memory, and in a folder that stands in for AgentCore Memory or a database.
 * On AgentCore the folder would end with its VM.
 *
 * @param folder One that exists. @default what `DEMO_HISTORY_FOLDER` names, or else a new one
 */
export function createHistory(
  folder = process.env.DEMO_HISTORY_FOLDER ?? mkdtempSync(join(tmpdir(), 'warm-agent-demo-')),
): History {
  const inMemory = new Map<string, string[]>()
  const fileOf = ({ id }: Conversation) => join(folder, `${createHash('sha256').update(id).digest('hex')}.jsonl`)

  async function load(conversation: Conversation): Promise<string[]> {
    const text = await readFile(fileOf(conversation), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return ''
      throw error
    })
    return text
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line))
  }

  return {
    async recall(conversation) {
      const known = inMemory.get(conversation.id)
      // What the proxy says comes first: another microVM may have answered since.
      if (known && !conversation.isNewHere) return { questions: known, isReloaded: false }
      const questions = await load(conversation)
      inMemory.set(conversation.id, questions)
      return { questions, isReloaded: questions.length > 0 }
    },
    async add(conversation, question) {
      inMemory.set(conversation.id, [...(inMemory.get(conversation.id) ?? []), question])
      await appendFile(fileOf(conversation), `${JSON.stringify(question)}\n`)
    },
  }
}

/** Whether somebody asks what they have asked. */
export function asksForHistory(prompt: string): boolean {
  return /\bwhat\b.*\b(did|have|had)\b.*\bI\b.*\bask(ed)?\b|\bI asked\b/i.test(prompt)
}

/** @returns the answer to that, in Markdown. */
export function tellHistory(questions: readonly string[]): string {
  if (questions.length === 0) return 'Nothing before this.'
  return ['You asked me before:', questions.map(question => `- ${question}`).join('\n')].join('\n\n')
}
