// What makes the desk quicker for hands on a keyboard. Every page works without it.

const palette = document.querySelector('[data-palette]')
const field = palette?.querySelector('input')

const isTyping = (target) =>
  target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]')

const matching = () => {
  const wanted = field.value.trim().toLowerCase()
  const lines = [...palette.querySelectorAll('li')]
  for (const line of lines) line.hidden = !line.textContent.toLowerCase().includes(wanted)
  return lines.filter((line) => !line.hidden).map((line) => line.querySelector('a'))
}

const openPalette = () => {
  if (!palette || palette.open) return
  field.value = ''
  matching()
  palette.showModal()
  field.focus()
}

addEventListener('keydown', (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
    event.preventDefault()
    openPalette()
  } else if (event.key === '/' && !event.ctrlKey && !event.metaKey && !isTyping(event.target)) {
    event.preventDefault()
    document.querySelector('[data-search]')?.focus()
  }
})

field?.addEventListener('input', matching)
palette?.querySelector('form').addEventListener('submit', (event) => {
  const [first] = matching()
  // What is no place is looked for.
  if (!first || field.value.trim() === '') return
  event.preventDefault()
  location.assign(first.href)
})
palette?.addEventListener('keydown', (event) => {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
  event.preventDefault()
  const links = matching()
  const at = links.indexOf(document.activeElement)
  const next = event.key === 'ArrowDown' ? at + 1 : at - 1
  if (next < 0) field.focus()
  else links[Math.min(next, links.length - 1)]?.focus()
})
palette?.addEventListener('click', (event) => {
  if (event.target === palette) palette.close()
})

// One menu at a time, and none when the person has turned to something else.
const menus = document.querySelectorAll('details.menu')
addEventListener('click', (event) => {
  for (const menu of menus) if (menu.open && !menu.contains(event.target)) menu.open = false
})
addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return
  for (const menu of menus) menu.open = false
})

// A filter that is chosen is applied.
for (const select of document.querySelectorAll('form[method="get"] select')) {
  select.addEventListener('change', () => select.form.requestSubmit())
}

// A second click on the way is no second wish. A download leaves the page where it is, so the wait has an end.
const WAIT_MS = 4000
for (const form of document.querySelectorAll('form[method="post"]')) {
  form.addEventListener('submit', (event) => {
    // What is only looked at is looked at again in a moment.
    if (event.submitter?.hasAttribute('data-preview')) return
    const able = (disabled) => () => {
      for (const button of form.querySelectorAll('button[type="submit"]')) button.disabled = disabled
    }
    setTimeout(able(true))
    setTimeout(able(false), WAIT_MS)
  })
}

// A preview follows what is typed, a moment after the typing stops, in the language that was looked at last. It is put
// into the frame where it stands: sent there by the form each time, every pause would be a step for the back button.
const PREVIEW_AFTER_MS = 500
const putInto = (shown, page) => {
  const [next, now] = [page, shown].map((each) => [...each.querySelectorAll('link[rel="stylesheet"]')])
  for (const [at, link] of now.entries()) if (link.href !== next[at]?.href) link.href = next[at].href
  shown.documentElement.lang = page.documentElement.lang
  shown.body.replaceChildren(...page.body.childNodes)
}
const previews = document.querySelectorAll('[data-preview]')
for (const form of new Set([...previews].map((button) => button.form))) {
  const own = [...previews].filter((button) => button.form === form)
  let last = own.find((button) => button.value === document.documentElement.lang) ?? own[0]
  let waiting
  const draw = async () => {
    const turn = waiting
    const body = new URLSearchParams(new FormData(form, last))
    const answer = await fetch(last.formAction, { method: 'POST', body })
    const shown = document.querySelector(`iframe[name="${last.formTarget}"]`).contentDocument
    // Somebody has typed on, is signed out, or the frame holds something else.
    if (turn !== waiting || !answer.ok || answer.redirected || !shown?.body) return
    putInto(shown, new DOMParser().parseFromString(await answer.text(), 'text/html'))
  }
  for (const button of own) button.addEventListener('click', () => (last = button))
  form.addEventListener('input', () => {
    clearTimeout(waiting)
    waiting = setTimeout(() => draw().catch(() => {}), PREVIEW_AFTER_MS)
  })
}

// A picture that is too large is drawn smaller before it is sent, until it fits.
const SIDES = [1, 0.8, 0.64, 0.5, 0.4, 0.3, 0.22, 0.16]
const QUALITIES = [0.8, 0.6, 0.4]
const drawn = (picture, scale, type, quality) => {
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(picture.width * scale))
  canvas.height = Math.max(1, Math.round(picture.height * scale))
  canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height)
  return new Promise((resolve) => canvas.toBlob(resolve, type, quality))
}
const shrunk = async (file, { shrink, shrinkSide, shrinkType: type }) => {
  const picture = await createImageBitmap(file)
  const most = Math.min(1, shrinkSide / Math.max(picture.width, picture.height))
  if (file.size <= shrink && most === 1) return file
  for (const side of SIDES)
    for (const quality of type === 'image/png' ? [1] : QUALITIES) {
      const blob = await drawn(picture, most * side, type, quality)
      if (blob && blob.size <= shrink) return new File([blob], file.name, { type })
    }
  return file
}
for (const field of document.querySelectorAll('[data-shrink]')) {
  for (const note of field.form.querySelectorAll('[data-shrinks]')) note.hidden = false
  field.addEventListener('change', () => {
    const [file] = field.files
    if (!file) return
    const swap = (fit) => {
      if (fit === file || field.files[0] !== file) return
      const chosen = new DataTransfer()
      chosen.items.add(fit)
      field.files = chosen.files
    }
    // What is no picture goes as it is, and the box says so.
    shrunk(file, field.dataset).then(swap, () => {})
  })
}

// Without a script the browser's own menu prints.
for (const button of document.querySelectorAll('[data-print]')) {
  button.hidden = false
  button.addEventListener('click', () => print())
}

// Copies what stands in the element named.
for (const button of document.querySelectorAll('[data-copy]')) {
  button.hidden = !navigator.clipboard
  button.addEventListener('click', () => {
    const text = document.getElementById(button.dataset.copy)?.textContent ?? ''
    void navigator.clipboard.writeText(text).then(() => {
      button.textContent = button.dataset.copied
    })
  })
}

// A link that is given to somebody is whole: with where this desk is.
for (const link of document.querySelectorAll('[data-origin-link]'))
  link.textContent = location.origin + link.textContent

// Parts that go stale are fetched again, unless the person is at them: nothing moves under a pointer or a selection.
const REFRESH_MS = 5000
const parts = [...document.querySelectorAll('[data-refresh]')]
const isInUse = (part) => {
  const selection = document.getSelection()
  const isSelected = selection && !selection.isCollapsed && selection.containsNode(part, true)
  return isSelected || part.matches(':hover') || part.contains(document.activeElement)
}
const refresh = async () => {
  const idle = parts.filter((part) => !isInUse(part))
  if (document.hidden || idle.length === 0) return
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } })
  if (!answer.ok || answer.redirected) return
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
  for (const part of idle) {
    const fresh = page.querySelector(`[data-refresh="${part.dataset.refresh}"]`)
    if (fresh && !isInUse(part)) part.replaceChildren(...fresh.childNodes)
  }
}
if (parts.length > 0) setInterval(() => refresh().catch(() => {}), REFRESH_MS)

// A page that waits for something looks again by itself, but takes nothing away that somebody has typed or chosen.
const isFilledIn = (field) => {
  if (field === document.activeElement) return true
  if (field instanceof HTMLSelectElement) {
    const given = [...field.options].findIndex((option) => option.defaultSelected)
    return field.selectedIndex !== Math.max(given, 0)
  }
  return field.type === 'checkbox' || field.type === 'radio'
    ? field.checked !== field.defaultChecked
    : field.value !== field.defaultValue
}
const refreshSec = Number(document.querySelector('meta[name="refresh-sec"]')?.content)
if (refreshSec > 0)
  setInterval(() => {
    const isBusy = [...document.querySelectorAll('main :is(input, textarea, select)')].some(isFilledIn)
    if (!isBusy && !document.hidden) location.reload()
  }, refreshSec * 1000)
