import { setImmediate } from 'node:timers/promises'
import type { Outcome } from '@warm-agent/protocol'
import { expect, test, vi } from 'vitest'
import { type Chat, type ChatPage, type ChatProtocol, type OpenChat, openPage, patience } from './support.ts'

interface Moment {
  when: string
  outcome: Outcome
  warmOn?: 'open' | 'manual'
  /** Said in the first effect rather than by the user. */
  isGreeting?: boolean
  /** Brings the page to the moment. */
  reach?(page: ChatPage): unknown
  /** Lets the page go on once the message waits. */
  goOn?(page: ChatPage): unknown
  /** What the platform saw before the message. */
  log: string[]
}

const warmed = ['vm 1 started', 'vm 1 warmed']

/** Around a warm-up, wherever a user may be fast or slow, and the platform well or ill. */
const moments: Moment[] = [
  { when: 'in the first effect of the page', outcome: 'joined', isGreeting: true, goOn: boot, log: warmed },
  { when: 'before the session has its lease', outcome: 'joined', goOn: openAndBoot, log: warmed },
  { when: 'while the VM boots', outcome: 'joined', reach: untilLeased, goOn: boot, log: warmed },
  { when: 'after it is warm', outcome: 'warm', reach: untilWarm, log: warmed },
  { when: 'after its warm-up has failed', outcome: 'cold', reach: untilFailed, log: ['failed'] },
  { when: 'while its warm-up is about to fail', outcome: 'cold', reach: untilLeased, goOn: failBoot, log: ['failed'] },
  { when: 'before an opening that never arrives', outcome: 'cold', goOn: loseOpening, log: [] },
  { when: 'without any warm-up', outcome: 'cold', warmOn: 'manual', log: [] },
]

async function boot(page: ChatPage) {
  page.letOpen()
  await page.until(() => page.messages[0]?.isWaiting)
  page.letBoot()
}

async function openAndBoot(page: ChatPage) {
  await page.until(() => page.asked() === 1)
  // The message waits in the page, for the ticket.
  expect(page.messages).toEqual([])
  await boot(page)
}

async function untilLeased(page: ChatPage) {
  page.letOpen()
  await page.until(() => page.happened('lease-granted'))
}

async function untilWarm(page: ChatPage) {
  page.letOpen()
  page.letBoot()
  await page.until(() => page.happened('warm-succeeded'))
}

async function untilFailed(page: ChatPage) {
  page.failWarmUp()
  page.letOpen()
  page.letBoot()
  await page.until(() => page.happened('warm-failed'))
}

async function failBoot(page: ChatPage) {
  await page.until(() => page.messages[0]?.isWaiting)
  page.failWarmUp()
  page.letBoot()
}

async function loseOpening(page: ChatPage) {
  await page.until(() => page.asked() === 1)
  page.loseOpening()
}

/** What every chat client must do with a session's `fetch`, whatever the moment of its first message. */
export function testChatClient(name: string, protocol: ChatProtocol, open: OpenChat): void {
  test.each(moments.map(moment => [moment.when, moment.outcome, moment] as const))(
    `${name}: a first message sent %s is answered once, %s, and the next one finds the same VM`,
    async (_, outcome, { warmOn, isGreeting, reach, goOn, log }) => {
      const page = openPage(protocol, { ...(warmOn && { warmOn }) })
      const chat = open(page, isGreeting ? 'hello' : undefined)
      await reach?.(page)
      if (!isGreeting) chat.say('hello')
      await goOn?.(page)
      await page.until(() => chat.shown() === 'You said hello.')
      await says(chat, { status: 'active', outcome })
      expect(page.log).toEqual([...log, ...(log.includes('vm 1 started') ? [] : ['vm 1 started']), 'vm 1 ran hello'])

      chat.say('and again')
      await page.until(() => chat.shown() === 'You said hello.You said and again.')
      await says(chat, { status: 'active', outcome: 'warm' })
      expect(page.messages.map(message => message.outcome)).toEqual([outcome, 'warm'])
      expect(page.asked()).toBe(2)
      expect(page.accepted).toEqual([expect.stringContaining('text/event-stream'), expect.anything()])

      await chat.leave()
      await page.until(() => page.log.at(-1) === 'vm 1 stopped')
      expect(page.log.slice(-3)).toEqual(['vm 1 ran hello', 'vm 1 ran and again', 'vm 1 stopped'])
    },
  )

  test(`${name}: at whatever turn of the event loop the first message is sent, it finds the warm-up`, async () => {
    for (const turns of [0, 1, 2, 3, 5, 8, 13, 21, 34]) {
      const page = openPage(protocol)
      page.letOpen()
      page.letBoot()
      const chat = open(page)
      for (let turn = 0; turn < turns; turn++) await setImmediate()
      chat.say('hello')
      await page.until(() => chat.shown() === 'You said hello.')
      await says(chat, { status: 'active', outcome: expect.stringMatching(/joined|warm/) })
      await chat.leave()
      await page.until(() => page.log.at(-1) === 'vm 1 stopped')
      expect(page.log).toEqual([...warmed, 'vm 1 ran hello', 'vm 1 stopped'])
    }
  })

  test.each([
    ['the lease', (page: ChatPage) => page.until(() => page.asked() === 1), 0],
    ['the VM', (page: ChatPage) => untilLeased(page).then(() => page.until(() => page.messages[0]?.isWaiting)), 1],
  ])(
    `${name}: stopping a message that waits for %s leaves the warm-up to the next one`,
    async (_, untilItWaits, sent) => {
      const page = openPage(protocol)
      const chat = open(page)
      chat.say('hello')
      await untilItWaits(page)
      chat.stop()
      await untilWarm(page)
      await says(chat, { status: 'warm', outcome: null })
      expect(page.messages).toHaveLength(sent)

      chat.say('and again')
      await page.until(() => chat.shown().endsWith('You said and again.'))
      await says(chat, { status: 'active', outcome: 'warm' })
      await chat.leave()
      await page.until(() => page.log.at(-1) === 'vm 1 stopped')
      expect(page.log).toEqual([...warmed, 'vm 1 ran and again', 'vm 1 stopped'])
    },
  )

  test(`${name}: a message sent after one that was stopped joins the same warm-up`, async () => {
    const page = openPage(protocol)
    const chat = open(page)
    chat.say('hello')
    await page.until(() => page.asked() === 1)
    chat.stop()
    await untilLeased(page)
    chat.say('and again')
    await boot(page)
    await page.until(() => chat.shown().endsWith('You said and again.'))
    await says(chat, { status: 'active', outcome: 'joined' })
    await chat.leave()
    await page.until(() => page.log.at(-1) === 'vm 1 stopped')
    expect(page.log).toEqual([...warmed, 'vm 1 ran and again', 'vm 1 stopped'])
  })
}

function says(chat: Chat, snapshot: Partial<ReturnType<Chat['session']>>): Promise<unknown> {
  return vi.waitFor(() => expect(chat.session()).toMatchObject(snapshot), patience)
}
