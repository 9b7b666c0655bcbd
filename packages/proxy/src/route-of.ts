import { type RouteName, routes } from '@warm-agent/protocol'

/** @returns the route that a request is for, with or without a slash at its end: some frameworks redirect to one. */
export function routeOf({ method, url }: Request, basePath: string): RouteName | undefined {
  const path = new URL(url).pathname.replace(/\/$/, '')
  return (Object.keys(routes) as RouteName[]).find(
    name => method === routes[name].method && path === basePath + routes[name].path,
  )
}
