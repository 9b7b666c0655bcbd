import { bootVcpuSeconds, dollarsOf, echoFootprintGb, prices } from '@warm-agent/protocol/prices'
import { onLine, type PlatformName } from './platforms.ts'

/** What a VM costs. Dollars. AWS bills by the second; the CPU of an idle VM is free, its memory is billed until it ends. */
export interface Prices {
  vcpuHour: number
  gbHour: number
  /** What a VM is billed for: an echo agent's footprint, in GB. At least 128 MB. */
  memoryGb: number
  /** What one boot takes, in vCPU-seconds. */
  bootVcpuSeconds: number
}

/** Footprint of an echo agent in a V1 container by the size of its image, as measured: up to 8.4 GB for 2 GB. */
const memoryGbOfV1Image = [
  [200, echoFootprintGb['v1-container']],
  [2000, 8.4],
] as const

/** Prices per platform version, footprints and boots: the repository's table. */
export function pricesOf(platform: PlatformName, imageMegabytes = 200): Prices {
  const { dollarsPerVcpuHour: vcpuHour, dollarsPerGbHour: gbHour } = prices[platform]
  const isV1Image = platform === 'v1-container'
  const memoryGb = isV1Image ? onLine(memoryGbOfV1Image, imageMegabytes) : echoFootprintGb[platform]
  return { vcpuHour, gbHour, memoryGb, bootVcpuSeconds }
}

/**
 * What a VM has cost: its boot, and its memory for every second that it was held.
 * Not the CPU of its calls, which nobody here can know; an agent that waits for a model uses next to none.
 */
export function dollarsOfVm(heldMs: number, { vcpuHour, gbHour, memoryGb, bootVcpuSeconds }: Prices): number {
  const usage = { heldMs: Math.ceil(heldMs / 1_000) * 1_000, gb: memoryGb, vcpuMs: bootVcpuSeconds * 1_000 }
  return dollarsOf(usage, { dollarsPerVcpuHour: vcpuHour, dollarsPerGbHour: gbHour })
}
