import {
  Button,
  Check,
  CopyButton,
  Field,
  fill,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Select,
  valuesFor,
  visible,
  type Desk,
  type Done,
  type DoingDesk,
  type Shown,
} from '@lango/kernel/ui'
import { spellCode } from '../access/index.ts'
import { listPlans } from '../plans/index.ts'
import { wordsOf } from './desk-parts.tsx'
import { entryOf } from './entry.ts'
import type { DeskBatch } from './overview.ts'
import { fileOf, layouts, readPrintForm, revealRange, type Revealed } from './printing.ts'

export const PrintTab = async ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  const entry = await entryOf(desk)
  const form = valuesFor(desk, 'print')
  const line = (name: string, label: string, otherwise: string, help?: string) => (
    <Field
      locale={desk.locale}
      name={name}
      label={label}
      value={form.value(name, otherwise)}
      {...(help === undefined ? {} : { help })}
      {...form.error(name)}
    />
  )
  return (
    <Panel title={words.print}>
      <PanelBody>
        <RefusedNote desk={desk} deed="print" />
        <p class="muted">{words.printNote}</p>
        {/* A file is answered and the page stays as it is: each time it is sent anew, so it carries no mark of its own. */}
        <form class="form" method="post" action={desk.here}>
          <input type="hidden" name="do" value="print" />
          <Select
            label={words.layout}
            name="layout"
            value={form.value('layout', 'a4')}
            options={layouts.map((layout) => ({ value: layout, label: words[layout] }))}
          />
          {line('from', words.from, '1')}
          {line('to', words.to, '', words.toHelp)}
          {line('brand', words.brand, desk.siteName)}
          {line('url', words.url, entry.voucherUrl ?? '', words.urlHelp)}
          {entry.wifi === undefined ? null : (
            <Check
              label={fill(words.withWifi, { name: visible(entry.wifi.name) })}
              name="wifi"
              checked={form.value('wifi') !== ''}
            />
          )}
          <Button kind="main">{words.makeFile}</Button>
        </form>
      </PanelBody>
    </Panel>
  )
}

const codesShown = (desk: Desk, batch: DeskBatch, codes: readonly Revealed[]): Shown => {
  const words = wordsOf(desk)
  const title = fill(words.codesTitle, { n: batch.number })
  return {
    title,
    content: (
      <>
        <PageHead title={title} />
        <Panel title={batch.plan}>
          <PanelBody>
            <p>{words.codesNote}</p>
            <pre id="codes">
              {codes
                .map(({ serial, code }) => `${batch.number}-${serial}\t${spellCode(code, batch.prefix)}`)
                .join('\n')}
            </pre>
            <p>
              <CopyButton of="codes" locale={desk.locale} />{' '}
              <a class="button" href={`/vouchers/${batch.number}`}>
                {words.done}
              </a>
            </p>
          </PanelBody>
        </Panel>
      </>
    ),
  }
}

export const print = async (desk: DoingDesk, batch: DeskBatch): Promise<Done> => {
  const words = wordsOf(desk)
  const given = { wanted: batch.wanted, words, locale: desk.locale, siteName: desk.siteName }
  const read = readPrintForm(desk.fields, given)
  if ('problems' in read) return read
  const revealed = await revealRange(desk, batch.number, read.order)
  if (!revealed.ok) return { fault: revealed.error }
  if (revealed.value.length === 0) return { problems: { from: words.noneLeft } }
  if (read.order.layout === 'screen') return { show: codesShown(desk, batch, revealed.value) }
  const plan = (await desk.ask(listPlans, {})).find(({ id }) => id === batch.planId)!
  const wifiCode = (await entryOf(desk)).wifi?.code
  return fileOf({ batch, plan, order: read.order, codes: revealed.value, wifiCode }, given)
}
