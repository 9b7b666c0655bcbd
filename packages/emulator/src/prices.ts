import { onLine, type PlatformName } from './platforms.ts'

/** What a VM costs. Dollars. AWS bills by the second; the CPU of an idle VM is free, its memory is billed until it ends. */
export interface Prices {
  vcpuHour: number
  gbHour: number
  /** What a VM is billed for: an echo agent's footprint, in GB. At least 0.128. */
  memoryGb: number
  /** What one boot takes, in vCPU-seconds. */
  bootVcpuSeconds: number
}

/** The day on which the table was compared with the AWS price list. */
export const pricesAsOf = '2026-09-30'

/** AWS bills at least 128 MB. */
const leastMemoryGb = 0.128

/** Footprint of an echo agent in a V1 container by the size of its image, as measured: 2.7 GB for the smallest, 8.4 GB for 2 GB. */
const memoryGbOfV1Image = [
  [200, 2.7],
  [2000, 8.4],
] as const

/** Prices per platform version, AWS price list; footprints and boots as measured with an echo agent, September 2026. */
export function pricesOf(platform: PlatformName, imageMegabytes = 200): Prices {
  // A boot takes 4 to 5.5 vCPU-s.
  const bootVcpuSeconds = 4.75
  if (platform === 'v2') return { vcpuHour: 0.1276, gbHour: 0.0169, memoryGb: 1.2, bootVcpuSeconds }
  const memoryGb = platform === 'v1-code' ? 1 : onLine(memoryGbOfV1Image, imageMegabytes)
  return { vcpuHour: 0.0895, gbHour: 0.00945, memoryGb, bootVcpuSeconds }
}

/**
 * What a VM has cost: its boot, and its memory for every second that it was held.
 * Not the CPU of its calls, which nobody here can know; an agent that waits for a model uses next to none.
 */
export function dollarsOf(heldMs: number, { vcpuHour, gbHour, memoryGb, bootVcpuSeconds }: Prices): number {
  const memory = (Math.ceil(heldMs / 1_000) / 3_600) * Math.max(leastMemoryGb, memoryGb) * gbHour
  return memory + (bootVcpuSeconds / 3_600) * vcpuHour
}
