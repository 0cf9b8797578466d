// Keeps the live page up to date. The page is whole without it: this script only replaces what has changed.
//
// A list's rows are kept in a model that always follows the box; the model is drawn unless the person reads the list
// (has scrolled it or selects text in it), so that nothing moves under their eyes. On a phone, where one row is a
// tenth of the screen, rows that are on it keep their places until the person asks; what stands in them goes on.

const live = document.querySelector('[data-stream]')
const connection = document.querySelector('[data-connection]')
const MARK_MS = 1500
// As in the kit's stylesheet.
const PHONE = '(max-width: 640px)'
// The box says something at least every 10 s; two silences in a row are a lost connection.
const SILENCE_MS = 25_000

/** @param {string} template @param {Record<string, string>} values */
const fill = (template, values) => template.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place)

const mark = (element, name) => {
  element.classList.add(name)
  setTimeout(() => element.classList.remove(name), MARK_MS)
}

const elementOf = (html) => {
  const template = document.createElement('template')
  template.innerHTML = html
  return template.content.firstElementChild
}

/** Replaces what an element holds; a "Why?" that the person has opened stays open. */
const repaint = (element, html) => {
  const wasOpen = element.querySelector('details[open]') !== null
  element.innerHTML = html
  if (wasOpen) element.querySelector('details')?.setAttribute('open', '')
}

class List {
  constructor(body) {
    this.body = body
    this.name = body.dataset.live
    this.box = body.closest('[data-scroll]')
    this.chip = document.querySelector(`[data-paused="${this.name}"]`)
    this.rows = new Map([...body.children].map((row) => [row.dataset.key, row]))
    this.order = [...this.rows.keys()]
    /** Cells that changed while the list was paused, by row and cell. */
    this.late = new Map()
    this.chip.querySelector('button').addEventListener('click', () => this.resume())
    this.box.addEventListener('scroll', () => this.settle(), { passive: true })
  }

  isPaused() {
    const selection = document.getSelection()
    if (selection && !selection.isCollapsed && selection.containsNode(this.body, true)) return true
    if (this.box.scrollHeight > this.box.clientHeight + 1) return this.box.scrollTop > 4
    // On a phone the list flows with the page: it is read when its head has left at the top.
    const { top, bottom } = this.box.getBoundingClientRect()
    return matchMedia(PHONE).matches && top < 0 && bottom > 0
  }

  /** Rows that are on a phone's screen would move. */
  wouldJump() {
    if (!matchMedia(PHONE).matches || this.body.childElementCount === 0) return false
    const { top, bottom } = this.box.getBoundingClientRect()
    if (top > innerHeight || bottom < 0) return false
    const drawn = [...this.body.children]
    return drawn.length !== this.order.length || drawn.some((row, index) => row.dataset.key !== this.order[index])
  }

  take(patch, isWhole) {
    for (const [key, html] of patch.rows) this.takeRow(key, html)
    for (const [key, id, html] of patch.cells) this.takeCell(key, id, html)
    if (patch.order) this.order = patch.order.filter((key) => this.rows.has(key))
    this.forget((row) => !row.isConnected)
    this.settle(isWhole)
  }

  /** Drops rows that have left the list; while it is paused, those on the screen stay. */
  forget(isFree) {
    const kept = new Set(this.order)
    for (const [key, row] of this.rows) {
      if (kept.has(key) || !isFree(row)) continue
      row.remove()
      this.rows.delete(key)
      this.late.delete(key)
    }
  }

  /** A row that is known already comes again with a whole picture: then its cells are compared. */
  takeRow(key, html) {
    const fresh = elementOf(html)
    const known = this.rows.get(key)
    if (!known) this.rows.set(key, fresh)
    else for (const cell of fresh.querySelectorAll('[data-cell]')) this.takeCell(key, cell.dataset.cell, cell.innerHTML)
  }

  takeCell(key, id, html) {
    if (!this.late.has(key)) this.late.set(key, new Map())
    this.late.get(key).set(id, html)
  }

  settle(isWhole = false) {
    const paused = this.isPaused()
    // After an absence nobody remembers where the rows stood.
    const held = paused || (!isWhole && this.wouldJump())
    const fresh = this.order.filter((key) => !this.rows.get(key).isConnected).length
    this.chip.hidden = !held
    const text = fresh > 0 ? fill(this.chip.dataset.new, { n: String(fresh) }) : this.chip.dataset.idle
    const label = this.chip.querySelector('[data-paused-text]')
    if (label.textContent !== text) label.textContent = text
    if (!paused) this.drawLate(isWhole)
    if (!held) this.drawRows(isWhole)
  }

  drawLate(isWhole) {
    for (const [key, cells] of this.late) this.drawCells(this.rows.get(key), cells, isWhole)
    this.late.clear()
  }

  drawRows(isWhole) {
    this.forget(() => true)
    let place = this.body.firstElementChild
    for (const key of this.order) {
      const row = this.rows.get(key)
      if (row === place) {
        place = place.nextElementSibling
        continue
      }
      if (!row.isConnected && !isWhole) for (const part of [row, ...row.children]) mark(part, 'is-new')
      this.body.insertBefore(row, place)
    }
  }

  drawCells(row, cells, isWhole) {
    for (const [id, html] of cells) {
      const cell = [...row.querySelectorAll('[data-cell]')].find((element) => element.dataset.cell === id)
      if (!cell) continue
      const before = cell.textContent
      repaint(cell, html)
      if (row.isConnected && !isWhole && cell.textContent !== before && !cell.hasAttribute('data-quiet'))
        mark(cell, 'is-changed')
    }
  }

  resume() {
    document.getSelection()?.removeAllRanges()
    this.box.scrollTop = 0
    if (this.isPaused()) this.box.closest('section').scrollIntoView()
    this.drawLate(false)
    this.drawRows(false)
    this.settle()
  }
}

class Page {
  constructor() {
    const first = new URL(live.dataset.stream, location.href)
    this.version = first.searchParams.get('since')
    this.lists = new Map(
      [...document.querySelectorAll('[data-live]')].map((body) => [body.dataset.live, new List(body)]),
    )
    this.heardAt = connection.dataset.at
    this.heardMs = performance.now()
    this.source = undefined
  }

  start() {
    document.addEventListener('visibilitychange', () => (document.hidden ? this.close() : this.open()))
    document.addEventListener('selectionchange', () => this.settle())
    document.addEventListener('scroll', () => this.settle(), { passive: true })
    setInterval(() => this.watch(), 5000)
    if (!document.hidden) this.open()
  }

  settle() {
    for (const list of this.lists.values()) list.settle()
  }

  /** A hidden page keeps no connection: browsers allow six to one box. */
  close() {
    this.source?.close()
    this.source = undefined
  }

  open() {
    this.close()
    const source = new EventSource(`/events?since=${this.version}`)
    source.addEventListener('open', () => this.heard())
    source.addEventListener('error', () => this.lost())
    source.addEventListener('beat', (event) => this.heard(event.data))
    source.addEventListener('patch', (event) => this.patch(JSON.parse(event.data)))
    this.heardMs = performance.now()
    this.source = source
  }

  heard(at = this.heardAt) {
    this.heardAt = at
    this.heardMs = performance.now()
    this.say('status status-good', connection.dataset.on)
  }

  lost() {
    this.say('status status-attention', fill(connection.dataset.lost, { time: this.heardAt }))
  }

  /** A half-open connection says nothing, not even that it is gone. */
  watch() {
    if (!this.source || performance.now() - this.heardMs < SILENCE_MS) return
    this.lost()
    this.open()
  }

  say(className, text) {
    const label = connection.querySelector('[data-connection-text]')
    if (label.textContent === text) return
    label.className = className
    label.textContent = text
    connection.querySelector('a').hidden = className.endsWith('good')
  }

  patch(patch) {
    const isWhole = patch.version !== Number(this.version) + 1
    this.version = String(patch.version)
    this.heard(patch.at)
    for (const [id, html] of patch.slots) this.paint(id, html, isWhole)
    for (const part of patch.lists) this.lists.get(part.name)?.take(part, isWhole)
  }

  paint(id, html, isWhole) {
    for (const slot of document.querySelectorAll('[data-slot]')) {
      if (slot.dataset.slot !== id || slot.innerHTML === html) continue
      slot.innerHTML = html
      if (!isWhole && !slot.hasAttribute('data-quiet')) mark(slot, 'is-changed')
    }
  }
}

/** The navigation follows the part of the page that was chosen. */
const followPlace = () => {
  const links = [...document.querySelectorAll('.nav a')]
  const chosen = links.find(
    (link) => location.hash !== '' && link.hash === location.hash && link.pathname === location.pathname,
  )
  if (!chosen) return
  for (const link of links) link.removeAttribute('aria-current')
  chosen.setAttribute('aria-current', 'page')
}
addEventListener('hashchange', followPlace)
followPlace()

const closeMenus = (event) => {
  for (const menu of document.querySelectorAll('details.menu[open]'))
    if (event.key === 'Escape' || (event.type === 'click' && !menu.contains(event.target))) menu.removeAttribute('open')
}
document.addEventListener('click', closeMenus)
document.addEventListener('keydown', closeMenus)

if (live && connection) new Page().start()
