import { useCallback, useState } from 'react'

/** @returns a ref for an element, and its width in pixels, kept current. */
export function useWidth<E extends Element>(): [(element: E) => () => void, number] {
  const [width, setWidth] = useState(0)
  const ref = useCallback((element: E) => {
    const observer = new ResizeObserver(([entry]) => entry && setWidth(entry.contentRect.width))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return [ref, width]
}
