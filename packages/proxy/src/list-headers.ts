/** What somebody else has said in these stands beside what the proxy says; of any other header one of the two counts. */
export const listHeaders: readonly string[] = ['access-control-expose-headers', 'set-cookie', 'vary']
