/** The little of autocannon 9 that the bench uses; it brings no types. */
declare module 'autocannon' {
  function autocannon(options: {
    url: string
    method: 'POST'
    headers: Record<string, string>
    body: string
    connections: number
    duration: number
  }): Promise<{ requests: { average: number }; non2xx: number }>
  export = autocannon
}
