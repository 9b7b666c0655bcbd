/** @returns the proxy's own headers and the others, without any of the same name in whatever case: a Response would join the two. */
export function withOwnHeaders(
  own: Readonly<Record<string, string>>,
  others: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const names = new Set(Object.keys(own).map(name => name.toLowerCase()))
  const rest = Object.entries(others).filter(([name]) => !names.has(name.toLowerCase()))
  return { ...Object.fromEntries(rest), ...own }
}
