/** The two chats of the page. */
export const lanes = ['cold', 'warm'] as const
export type Lane = (typeof lanes)[number]

/** What differs between the two, besides what they measure. */
export const laneTexts = {
  cold: { title: 'Cold', subtitle: 'boots on the first message' },
  warm: { title: 'Pre-warmed', subtitle: 'boots while you read' },
} as const satisfies Record<Lane, { title: string; subtitle: string }>
