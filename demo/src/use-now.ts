import { useEffect, useState } from 'react'

/** Often enough to look continuous. Every frame would take half a core from the agents, which run on the same machine. */
const periodMs = 80

/** @returns `performance.now()`, kept current while `isMoving`, and at its last value otherwise. */
export function useNow(isMoving: boolean): number {
  const [nowMs, setNowMs] = useState(() => performance.now())
  useEffect(() => {
    setNowMs(performance.now())
    if (!isMoving) return
    let timer = setTimeout(function tick() {
      setNowMs(performance.now())
      timer = setTimeout(tick, periodMs)
    }, periodMs)
    return () => clearTimeout(timer)
  }, [isMoving])
  return nowMs
}
