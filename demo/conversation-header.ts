/** The header that tells the proxy to which conversation a message belongs. */
export const conversationHeader = 'demo-conversation'
