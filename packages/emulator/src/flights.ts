import { Cancellable, type Cancellation } from './cancellation.ts'

/** Something that goes on in a VM. It is cancelled when its client leaves or the VM ends. */
export interface Flight extends Cancellation {
  /** It is over. May be called more than once. */
  readonly land: () => void
}

/** What goes on in one VM. */
export interface Flights {
  /** Whether anything keeps the VM busy. */
  readonly isBusy: boolean
  /** Quiet ones keep nothing busy: a WebSocket on which nobody speaks. */
  begin(clientLeft: AbortSignal, how: 'busy' | 'quiet'): Flight
  cancelAll(): void
}

class OneFlight extends Cancellable {
  readonly isQuiet: boolean
  land = () => {}

  constructor(isQuiet: boolean) {
    super()
    this.isQuiet = isQuiet
  }
}

/** @param onLanded is told of every flight that is over, once. */
export function createFlights(onLanded: () => void): Flights {
  const all = new Set<OneFlight>()
  let busy = 0

  return {
    get isBusy() {
      return busy > 0
    },
    begin(clientLeft, how) {
      const flight = new OneFlight(how === 'quiet')
      const cancel = () => flight.cancel(clientLeft.reason)
      flight.land = () => {
        clientLeft.removeEventListener('abort', cancel)
        if (!all.delete(flight)) return
        if (!flight.isQuiet) busy--
        onLanded()
      }
      if (clientLeft.aborted) cancel()
      else clientLeft.addEventListener('abort', cancel)
      all.add(flight)
      if (!flight.isQuiet) busy++
      return flight
    },
    cancelAll() {
      for (const each of [...all]) each.cancel()
    },
  }
}
