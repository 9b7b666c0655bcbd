const paths = {
  flame:
    'M12 2.5c.6 3.8 5.8 6.2 5.8 11.4a5.8 5.8 0 0 1-11.6 0c0-2.6 1.3-4.2 2.4-5.7.4 1.5 1.1 2.3 2 2.6-.3-3 .1-5.8 1.4-8.3z',
  snowflake: 'M12 2.5v19M3.8 7.250l16.4 9.5M20.2 7.250l-16.4 9.5M9 4l3 2.5L15 4M9 20l3-2.5 3 2.5',
  send: 'M12 19V5M5.5 11.5 12 5l6.5 6.5',
  restart: 'M4 12a8 8 0 1 0 2.5-5.8M4 4v4.5h4.5',
  circle: 'M12 6.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11z',
  spinner: 'M12 4a8 8 0 1 1-8 8',
  pulse: 'M3 12h4l3-7 4 14 3-7h4',
  alert: 'M12 4 2.8 19.5h18.4zM12 10v4.5M12 17.2v.1',
  clock: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4.3l2.8 1.7',
  document: 'M7 3.5h7l4 4v13H7zM14 3.5v4h4M10 12h5M10 16h5',
}

export type IconName = keyof typeof paths

/** Decoration: the text beside it says the same. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg className={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  )
}
