import { afterRun, badGateway, type Fault, refusal, resetBefore, resetInMidStream } from './faulty-data-plane.ts'

export const throttled = refusal(429, 'ThrottlingException')
export const throttledForASecond = refusal(429, 'ThrottlingException', { 'retry-after': '1' })
export const conflict = refusal(409, 'RetryableConflictException')
export const failed = afterRun(refusal(424, 'RuntimeClientError'))
export const broken = afterRun(refusal(500, 'InternalServerException'))
export const gateway = afterRun(badGateway)
export const cutBefore = afterRun(resetBefore)
export const cutInside = afterRun(resetInMidStream)

export const again = (times: number, fault: Fault) => Array.from({ length: times }, () => fault)
