import type { Environment } from './environment.ts'

/** Whether the user is here. */
interface Presence {
  isVisible: boolean
  /** The page is being closed, navigated away from, or put into the back/forward cache. */
  hasLeft: boolean
  /** Since when the user has been away; while they must show signs of life, since the last one. */
  awayAtMs: number
}

interface PresenceListeners {
  onLeft(): void
  /** The page was shown or hidden. */
  onTurned(isVisible: boolean): void
  /** Something may have happened that timers missed, or a user who may have been away is here. */
  onStirred(): void
}

/** @returns the user's presence, kept up to date between `start` and `stop`. */
export function createPresence(
  environment: Environment,
  needsSigns: boolean,
  { onLeft, onTurned, onStirred }: PresenceListeners,
) {
  let undos: (() => void)[] = []
  const presence: Presence = { isVisible: true, hasLeft: false, awayAtMs: Number.POSITIVE_INFINITY }

  function noteSign() {
    presence.awayAtMs = presence.isVisible && !needsSigns ? Number.POSITIVE_INFINITY : environment.now()
  }

  function look(hasLeft = false) {
    const isVisible = !hasLeft && environment.isVisible()
    const hasTurned = isVisible !== presence.isVisible
    const isLeaving = hasLeft && !presence.hasLeft
    Object.assign(presence, { hasLeft, isVisible })
    if (isLeaving) onLeft()
    if (hasTurned) {
      noteSign()
      onTurned(isVisible)
    }
    onStirred()
  }

  return {
    presence,
    look,
    start() {
      if (undos.length) return
      undos = [environment.onPageChange(look)]
      if (!needsSigns) return
      noteSign()
      undos.push(
        environment.onActivity(() => {
          if (!presence.isVisible) return
          noteSign()
          onStirred()
        }),
      )
    },
    stop() {
      for (const undo of undos) undo()
      undos = []
    },
  }
}
