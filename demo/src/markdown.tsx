import { lexer, type Token, type Tokens } from 'marked'
import { Fragment, memo, type ReactNode } from 'react'

/** Renders Markdown as React elements: nothing is ever inserted as HTML. */
export const Markdown = memo(function Markdown({ text }: { text: string }) {
  return <>{renderAll(lexer(text))}</>
})

function renderAll(tokens: Token[] | undefined): ReactNode {
  // biome-ignore lint/suspicious/noArrayIndexKey: a text only grows at its end, and a token keeps its place
  return tokens?.map((token, at) => <Fragment key={at}>{render(token)}</Fragment>)
}

function render(token: Token): ReactNode {
  switch (token.type) {
    case 'paragraph':
      return <p>{renderAll(token.tokens)}</p>
    case 'heading':
      return <p className="heading">{renderAll(token.tokens)}</p>
    case 'list':
      return renderList(token as Tokens.List)
    case 'table':
      return renderTable(token as Tokens.Table)
    case 'blockquote':
      return <blockquote>{renderAll(token.tokens)}</blockquote>
    case 'code':
      return (
        <pre>
          <code>{token.text}</code>
        </pre>
      )
    case 'codespan':
      return <code>{token.raw.replace(/^`+ ?| ?`+$/g, '')}</code>
    case 'strong':
      return <strong>{renderAll(token.tokens)}</strong>
    case 'em':
      return <em>{renderAll(token.tokens)}</em>
    case 'link':
      return /^https?:/.test(token.href) ? <a href={token.href}>{renderAll(token.tokens)}</a> : renderAll(token.tokens)
    case 'br':
      return <br />
    case 'escape':
      return token.raw.slice(1)
    case 'space':
      return null
    default:
      return 'tokens' in token && token.tokens ? renderAll(token.tokens) : token.raw
  }
}

function renderList({ ordered, items }: Tokens.List): ReactNode {
  const List = ordered ? 'ol' : 'ul'
  return (
    <List>
      {items.map((item, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: items are only ever added at the end
        <li key={at} value={ordered ? Number.parseInt(item.raw, 10) : undefined}>
          {renderAll(item.tokens)}
        </li>
      ))}
    </List>
  )
}

function renderTable({ header, rows }: Tokens.Table): ReactNode {
  return (
    <div className="table">
      <table>
        <thead>
          <tr>
            {header.map(cell => (
              <th key={cell.text}>{renderAll(cell.tokens)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows are only ever added at the end
            <tr key={at}>
              {row.map((cell, column) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a column keeps its place
                <td key={column}>{renderAll(cell.tokens)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
