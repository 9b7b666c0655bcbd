/**
 * @param unknown What is left of the options once the known ones are taken out.
 * @param task What they are for: `create the ledger`.
 * @param advice Where the known ones are listed.
 * @throws Error that names the first option that is unknown.
 */
export function refuseUnknown(unknown: object, task: string, advice: string): void {
  const [option] = Object.keys(unknown)
  if (option) throw new Error(`Could not ${task}: there is no option ${option}. ${advice}`)
}
