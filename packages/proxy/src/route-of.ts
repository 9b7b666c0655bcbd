import { type RouteName, routes } from '@warm-agent/protocol'

/**
 * @param basePath Without it any will do.
 * @returns the route that a request is for, with or without a slash at its end: some frameworks redirect to one.
 */
export function routeOf({ method, url }: Request, basePath?: string): RouteName | undefined {
  const path = new URL(url).pathname.replace(/\/$/, '')
  return (Object.keys(routes) as RouteName[]).find(name => {
    const route = routes[name]
    const isPath = basePath === undefined ? path.endsWith(route.path) : path === basePath + route.path
    return method === route.method && isPath
  })
}
