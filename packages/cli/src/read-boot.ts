import { type Boot, parseBoot } from '@warm-agent/emulator'

/** Reads `--boot`. @throws Error saying what was expected, as the end of "Could not use --boot: …" */
export function readBoot(text: string | undefined): Boot | undefined {
  const boot = text === undefined ? undefined : parseBoot(text)
  if (text === undefined || boot) return boot
  throw new Error(
    /^lognormal:[\d.]+,[\d.]+$/.test(text)
      ? `in "${text}" the p99 is below the median, or the median below 1 ms. Give the median first`
      : `"${text}" is neither like fixed:2000 nor like lognormal:2900,4900 nor like file:boots.txt`,
  )
}
