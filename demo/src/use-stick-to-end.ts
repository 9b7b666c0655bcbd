import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react'

/** How near to its end a log counts as read to the end, in pixels. */
const nearEnd = 48

/** Keeps a log scrolled to its end as `content` grows, unless the reader has scrolled away from it. */
export function useStickToEnd<E extends HTMLElement>(content: unknown): RefObject<E | null> {
  const ref = useRef<E>(null)
  const sticks = useRef(true)

  useEffect(() => {
    const element = ref.current
    const look = () => {
      if (element) sticks.current = element.scrollHeight - element.scrollTop - element.clientHeight < nearEnd
    }
    element?.addEventListener('scroll', look, { passive: true })
    return () => element?.removeEventListener('scroll', look)
  }, [])

  // biome-ignore lint/correctness/useExhaustiveDependencies: the content is what makes it grow
  useLayoutEffect(() => {
    if (sticks.current && ref.current) ref.current.scrollTop = ref.current.scrollHeight
  }, [content])

  return ref
}
