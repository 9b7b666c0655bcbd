/** Questions that the documentation answers. Shown on the page, and offered when nothing was found. */
export const suggestions = [
  'How does a message join a warm-up?',
  'What does it cost to hold a session?',
  'What happens when the microVM was replaced?',
  'How do I mount the proxy?',
  'What did I ask before?',
]
