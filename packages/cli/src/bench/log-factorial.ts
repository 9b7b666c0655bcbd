const logFactorials = [0]

/** The natural logarithm of `value!`. Each is computed once and kept. */
export function logFactorial(value: number): number {
  for (let next = logFactorials.length; next <= value; next++) {
    logFactorials.push((logFactorials[next - 1] ?? 0) + Math.log(next))
  }
  return logFactorials[value] ?? 0
}
