import { type LockedEntry, mostPerRequest, type SessionQueue } from './session-queue.ts'

/** Long enough for a few round trips. When this process dies meanwhile, its messages are back so much later. */
const lockSeconds = 10

/**
 * Shows `tend` what waits in the queue, from its head on, a few at a time and never all: what is being looked at cannot be
 * claimed. What `tend` does not take is let go at once.
 *
 * @param tend @returns whether it took the message: it has removed it, or tried to.
 * @returns those that were seen and let go, and how many more there are.
 */
export async function visitQueue(
  queue: SessionQueue,
  tend: (locked: LockedEntry) => Promise<boolean>,
  isDone: () => boolean = () => false,
): Promise<{ seen: LockedEntry[]; unseen: number }> {
  const unreadableBefore = queue.unreadable()
  const { visible, locked: lockedElsewhere } = await queue.count()
  const seen = new Map<string, LockedEntry>()
  let taken = 0
  // A receive may give fewer than it could: some more of them than should be needed, then the rest stays unseen.
  const mostReceives = 2 * Math.ceil(visible / mostPerRequest) + 2
  for (let receives = 0; receives < mostReceives && seen.size + taken < visible && !isDone(); receives++) {
    const locked = await queue.receive(Math.max(1, Math.min(mostPerRequest, Math.floor(visible / 2))), lockSeconds)
    const news = locked.filter(({ entry }) => !seen.has(entry.runtimeSessionId))
    const isTaken = await Promise.all(news.map(tend))
    const kept = news.filter((_, index) => !isTaken[index])
    taken += news.length - kept.length
    for (const each of kept) seen.set(each.entry.runtimeSessionId, each)
    await queue.release(locked.filter(each => kept.includes(each) || !news.includes(each)))
    if (locked.length > 0 && news.length === 0) break
  }
  const deleted = queue.unreadable() - unreadableBefore
  return { seen: [...seen.values()], unseen: Math.max(0, visible - seen.size - taken - deleted) + lockedElsewhere }
}
