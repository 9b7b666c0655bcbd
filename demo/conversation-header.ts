/** In which the page tells the proxy which conversation a message belongs to. */
export const conversationHeader = 'demo-conversation'
