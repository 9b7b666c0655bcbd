import { type CheckName, checkNames, type Finding, type Verdict } from './finding.ts'

/** The result of one check. */
export interface CheckReport {
  check: CheckName
  /** Which proxy, where there are several. */
  of?: string
  status: 'passed' | 'wrong' | 'risk' | 'skipped'
  /** What was seen, or why the check was skipped. */
  said: string
  findings: readonly Finding[]
}

/** A report may be passed on, and others are quoted in it. @param redact Takes out what is nobody else's business. */
export function toReport(
  check: CheckName,
  verdict: Verdict,
  of: string | undefined,
  redact: (text: string) => string,
): CheckReport {
  const about = { check, ...(of && { of: redact(of) }) }
  if (verdict.skipped !== undefined) return { ...about, status: 'skipped', said: redact(verdict.skipped), findings: [] }
  const said = redact(verdict.said)
  const findings = verdict.findings.map(({ what, why, whatToDo, ...facts }) => ({
    ...facts,
    what: redact(what),
    why: redact(why),
    whatToDo: redact(whatToDo),
  }))
  const isWrong = findings.some(({ severity }) => severity === 'wrong')
  return { ...about, status: isWrong ? 'wrong' : findings.length > 0 ? 'risk' : 'passed', said, findings }
}

const signs: Readonly<Record<CheckReport['status'], string>> = { passed: '✓', wrong: '✗', risk: '!', skipped: '–' }
const nameWidth = Math.max(...Object.values(checkNames).map(name => name.length)) + 2

/** A check in words: one line, and three for each finding. */
export function formatCheck({ check, of, status, said, findings }: CheckReport): string {
  const where = of ? ` (${of})` : ''
  const lines = [
    `${signs[status]} ${checkNames[check].padEnd(nameWidth)}${status === 'skipped' ? 'not looked at: ' : ''}${said}${where}`,
  ]
  for (const { id, severity, what, why, whatToDo } of findings) {
    lines.push(
      `    ${severity === 'wrong' ? '✗' : '!'} ${what} [${id}]`,
      `      Why it matters: ${why}`,
      `      What to do: ${whatToDo}`,
    )
  }
  return `${lines.join('\n')}\n`
}

/** The last line. */
export function formatSum(reports: readonly CheckReport[], isInterrupted: boolean): string {
  const findings = reports.flatMap(report => report.findings)
  const wrongs = findings.filter(({ severity }) => severity === 'wrong').length
  const risks = findings.length - wrongs
  const unseen = reports.filter(({ status }) => status === 'skipped').length
  const sum = wrongs === 0 ? 'Nothing is wrong' : wrongs === 1 ? '1 thing is wrong' : `${wrongs} things are wrong`
  const more = [
    risks > 0 && (risks === 1 ? '1 is a risk' : `${risks} are risks`),
    unseen > 0 && `${unseen} of ${reports.length} checks could not look`,
  ].filter(Boolean)
  return `\n${isInterrupted ? 'Interrupted. Up to here: ' : ''}${[isInterrupted ? sum.toLowerCase() : sum, ...more].join('; ')}.\n`
}
