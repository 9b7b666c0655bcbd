import { interruptible } from '../bench/interruptible.ts'
import { counted } from '../counted.ts'
import { formatCheck, formatSum } from '../doctor/check-report.ts'
import { nameOf } from '../doctor/checks/arn.ts'
import { confirmSessions } from '../doctor/confirm-sessions.ts'
import { readDoctorSettings } from '../doctor/doctor-settings.ts'
import { type Diagnosis, runDoctor } from '../doctor/run-doctor.ts'
import { createSteps } from '../doctor/steps.ts'

/** Documented in the README of this package. */
const exitStatus = { nothingWrong: 0, somethingWrong: 1, interrupted: 130 }

/** `warm-agent doctor` */
export async function doctor(args: string[]): Promise<number> {
  const settings = readDoctorSettings(args)
  if (!settings) return exitStatus.nothingWrong
  await confirmSessions(settings)
  const steps = createSteps()
  const { signal, release } = interruptible('the report of what was seen')
  const diagnosis = await runDoctor(settings, {
    signal,
    onStep: steps.begin,
    onReport(report) {
      steps.clear()
      if (!settings.json) process.stdout.write(formatCheck(report))
    },
  }).finally(() => {
    release()
    steps.clear()
  })
  const { reports, proxies, notStopped, isInterrupted } = diagnosis
  if (settings.json) {
    const target = { runtime: settings.arn && nameOf(settings.arn), proxies }
    const findings = reports.flatMap(({ check, of, findings }) => findings.map(found => ({ check, of, ...found })))
    const whole = { format: 'warm-agent-doctor/1', date: new Date().toISOString(), target, isInterrupted, notStopped }
    process.stdout.write(`${JSON.stringify({ ...whole, findings, checks: reports }, null, 2)}\n`)
  } else {
    process.stdout.write(formatSum(reports, isInterrupted))
  }
  return statusOf(diagnosis)
}

function statusOf({ reports, notStopped, isInterrupted }: Diagnosis): number {
  if (notStopped > 0) {
    process.stderr.write(
      `Could not stop ${counted(notStopped, 'session')} of its own: they cost until they idle out. Look at the agent runtime.\n`,
    )
  }
  if (isInterrupted) return exitStatus.interrupted
  const isWrong = notStopped > 0 || reports.some(({ status }) => status === 'wrong')
  return isWrong ? exitStatus.somethingWrong : exitStatus.nothingWrong
}
