/**
 * What a browser with scripts does more: it shows a page again where that has changed, without moving the
 * reader. Everything works without it.
 */
export const SCRIPT = `
const main = document.querySelector('main')
const news = document.querySelector('#news')
let asking = false
let wanted = false

/** Changes what differs and nothing else: what is scrolled, selected or read aloud stays as it is. */
function become(shown, fresh) {
  if (shown.isEqualNode(fresh)) return
  if (shown.nodeName !== fresh.nodeName) return shown.replaceWith(fresh)
  if (shown.nodeType !== Node.ELEMENT_NODE) { shown.nodeValue = fresh.nodeValue; return }
  // What a reader has unfolded stays so.
  for (const { name } of [...shown.attributes]) {
    if (name !== 'open' && !fresh.hasAttribute(name)) shown.removeAttribute(name)
  }
  for (const { name, value } of fresh.attributes) {
    if (shown.getAttribute(name) !== value) shown.setAttribute(name, value)
  }
  const had = [...shown.childNodes]
  const has = [...fresh.childNodes]
  has.forEach((node, index) => index < had.length ? become(had[index], node) : shown.append(node))
  for (const node of had.slice(has.length)) node.remove()
}

function tell(text) {
  if (news.textContent !== text) news.textContent = text
}

async function refresh() {
  wanted = true
  if (asking || document.hidden) return
  asking = true
  try {
    while (wanted) {
      wanted = false
      const response = await fetch(location.href, { headers: { accept: 'text/html' } })
      if (!response.ok) { tell('This page is no longer up to date: the server answers ' + response.status + '.'); return }
      const fresh = new DOMParser().parseFromString(await response.text(), 'text/html')
      main.dataset.refresh = fresh.querySelector('main')?.dataset.refresh ?? ''
      for (const part of fresh.querySelectorAll('[data-live]')) {
        const shown = document.getElementById(part.id)
        // A link that somebody is about to follow does not become another one.
        const isAimedAt = shown?.querySelector('a:focus, button:focus, input:focus, select:focus')
        if (shown !== null && !isAimedAt) become(shown, part)
      }
      tell(fresh.querySelector('[data-news]')?.getAttribute('data-news') ?? '')
    }
  } catch {
    tell('The server does not answer; trying again.')
  } finally {
    asking = false
  }
}

// What was missed while nobody looked.
document.addEventListener('visibilitychange', () => { if (wanted) void refresh() })

if (main.dataset.events) {
  const events = new EventSource(main.dataset.events)
  events.addEventListener('progress', refresh)
  events.addEventListener('end', () => { events.close(); void refresh() })
}

/** As often as the page that is shown last says: one of what has ended says nothing. */
async function keepUp() {
  const seconds = Number(main.dataset.refresh)
  if (seconds === 0) return
  await new Promise((resolve) => { setTimeout(resolve, seconds * 1000) })
  await refresh()
  void keepUp()
}
void keepUp()

for (const form of document.querySelectorAll('form[data-confirm]')) {
  form.addEventListener('submit', (event) => {
    if (!confirm(form.dataset.confirm)) event.preventDefault()
  })
}
`
