/** What a pool keeps in Redis. All keys of a pool lie in one slot of a cluster. */
export const keyNames = [
  'ready', // sorted set: JSON by birth. Whoever pops it has claimed it
  'entries', // hash: id to the same JSON; and of those claimed, until `join` clears them away
  'warming', // hash: id to JSON
  'old', // hash: id to JSON
  'stopping', // hash: id to JSON
  'claimed', // sorted set: the last ids that were handed out, by time
  'givenBack', // sorted set: the last calls that gave a session back, by time
  'members', // sorted set: member by the time at which it counts as dead
  'versions', // hash: member to its version
  'ranks', // hash: version to the turn in which it came
  'current', // the version that is handed out
  'tending', // the member that tends the pool; ends with its lease
  'fence', // the last fence that was given
  'revision', // counts changes, other than claims
  'claims', // counts the claims that were cleared away
  'counts', // hash: how many arrivals and misses the members told of, in all
  'told', // hash: member and which of the two to what it told last
  'reign', // which server all this was written by, and since when it leads: see reign.ts
  'replid', // the `master_replid` that it had, as INFO shows it
] as const

export type KeyName = (typeof keyNames)[number]

/** The keys as local variables. */
export function headOf(names: readonly KeyName[]): string {
  return names.map((name, index) => `local ${name} = KEYS[${index + 1}]`).join('\n')
}
