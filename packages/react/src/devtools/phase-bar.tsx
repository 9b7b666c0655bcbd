import type { Phase } from './history.ts'

/** A phase that is over in an instant is shown all the same. */
const leastShare = 0.01

/** The session's life from left to right, a colour for each status. */
export function PhaseBar({ phases }: { phases: Phase[] }) {
  const shown = phases.filter(({ status }) => status !== 'idle')
  const wholeMs = shown.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0) || 1
  return (
    <div className="wa-bar" role="img" aria-label={shown.map(tellPhase).join(', ') || 'nothing yet'}>
      {shown.map((phase, index) => (
        <i
          // biome-ignore lint/suspicious/noArrayIndexKey: two phases may begin at the same moment, and a stripe has no state
          key={index}
          className={`wa-${phase.status}`}
          title={tellPhase(phase)}
          style={{ flexGrow: Math.max(leastShare, (phase.toMs - phase.fromMs) / wholeMs) }}
        />
      ))}
    </div>
  )
}

const tellPhase = ({ status, fromMs, toMs }: Phase) => `${status} ${((toMs - fromMs) / 1000).toFixed(1)} s`
