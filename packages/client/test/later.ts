/** A promise that is settled when the test says so: Node 20 has no `Promise.withResolvers`. */
export function later<Value = void>() {
  let resolve: (value: Value | PromiseLike<Value>) => void = () => {}
  let reject: (reason: unknown) => void = () => {}
  const promise = new Promise<Value>((...settlers) => {
    ;[resolve, reject] = settlers
  })
  return { promise, resolve, reject }
}
