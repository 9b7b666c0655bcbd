import { createWarmUpGate, type WarmUpGateOptions } from './create-warm-up-gate.ts'

/** What {@link warmable} needs of a schema. A zod schema has it. */
export interface RequestSchema {
  parseAsync(value: unknown): Promise<unknown>
}

/** What a schema makes of a message. */
export type Parsed<Schema extends RequestSchema> = Awaited<ReturnType<Schema['parseAsync']>>

export interface WarmableOptions<Request, Context> extends WarmUpGateOptions {
  /** The agent's own handler, plain or an async generator. It never sees a warm-up, and runs after `onWarm`. */
  process: (request: Request, context: Context) => unknown
}

export interface WarmableHandler<Request, Context> {
  process: (request: Request, context: Context) => Promise<unknown>
}

/**
 * Makes an invocation handler answer warm-ups before any of its own logic.
 *
 * @example
 * ```ts
 * new BedrockAgentCoreApp({
 *   invocationHandler: warmable({ requestSchema, process, onWarm: () => loadModel() }),
 * })
 * ```
 */
export function warmable<Schema extends RequestSchema, Context>(
  options: WarmableOptions<Parsed<Schema>, Context> & {
    /**
     * What a message has to be: `process` is given what it makes of one. When it rejects, `process` is not run, and the
     * library answers 400. A warm-up passes it as it is.
     *
     * @default none: `process` is given whatever came
     */
    requestSchema: Schema
  },
): WarmableHandler<Parsed<Schema>, Context> & { requestSchema: Schema }
export function warmable<Context>(
  options: WarmableOptions<unknown, Context> & { requestSchema?: undefined },
): WarmableHandler<unknown, Context>
export function warmable<Context>({
  process,
  requestSchema,
  ...gateOptions
}: WarmableOptions<unknown, Context> & { requestSchema?: RequestSchema | undefined }) {
  const gate = createWarmUpGate(gateOptions)
  // A generator passes through the promise not yet started: the platform's library iterates it.
  const handler: WarmableHandler<unknown, Context> = {
    process: (request, context) => gate.handle(request, () => process(request, context)),
  }
  return requestSchema ? { ...handler, requestSchema: letThrough(gate.isWarmUp, requestSchema) } : handler
}

/** @returns the schema in every respect but one: `parseAsync` gives a warm-up back as it came. */
function letThrough(isWarmUp: (body: unknown) => boolean, schema: RequestSchema): RequestSchema {
  return Object.create(schema, {
    parseAsync: {
      value: async (value: unknown) => (isWarmUp(value) ? value : schema.parseAsync(value)),
    },
  })
}
