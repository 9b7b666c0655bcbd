import type { Environment } from './environment.ts'
import { never } from './state.ts'

interface PresenceListeners {
  /** The page is being left (closed, navigated away from, put into the back/forward cache), or frozen. */
  onLeft(isFreezing: boolean): void
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
  const presence = {
    isVisible: true,
    /** Since when the user has been away; while they must show signs of life, since the last one. */
    awayAtMs: never,
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

  function noteSign() {
    presence.awayAtMs = presence.isVisible && !needsSigns ? never : environment.now()
  }

  function look(hasLeft = false, isFreezing = false) {
    const isVisible = !hasLeft && environment.isVisible()
    const hasTurned = isVisible !== presence.isVisible
    presence.isVisible = isVisible
    if (hasLeft || isFreezing) onLeft(isFreezing)
    if (hasTurned) {
      noteSign()
      onTurned(isVisible)
    }
    onStirred()
  }

  return presence
}
