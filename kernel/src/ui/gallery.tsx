import type { ComponentChildren } from 'preact'
import { Button, Choice, Field } from './form.tsx'
import { formatBytes, formatDuration, formatMac, formatPhone, formatRate } from './format.ts'
import { Icon, iconNames } from './icon.tsx'
import type { Locale } from './locale.ts'
import { EmptyState, Notice, Why } from './notice.tsx'
import { HealthDot } from './page.tsx'
import { StatStrip } from './stats.tsx'
import { Badge, meanings, Status } from './status.tsx'
import { Table, type Column } from './table.tsx'
import { UserText } from './text.tsx'
import { Ago } from './time.tsx'

const swatches = [
  'n1 n2 n3 n4 n5 n6 n7 n8',
  'brand brand-hover brand-on brand-soft brand-text brand-focus',
  'good good-soft attention attention-soft stopped stopped-soft info info-soft',
  'download upload',
].flatMap((names) => names.split(' '))

/** Names as strangers choose them: markup, right-to-left override, NUL, no space to break at. */
export const hostileNames = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "Robert'); DROP TABLE subscribers;--",
  'alice\0',
  '\u202Egnp.exe',
  'مشترك النور',
  '=cmd|calc!A0',
  `wasiojulikana-${'x'.repeat(240)}`,
  '__proto__',
] as const

type Sample = { readonly name: string; readonly octets: number | undefined; readonly rateKbps: number }

const samples: readonly Sample[] = [
  { name: 'amina.otieno', octets: 12_400_000_000, rateKbps: 8200 },
  { name: 'baraka', octets: 980_000, rateKbps: 512 },
  { name: 'not reported', octets: undefined, rateKbps: 0 },
  ...hostileNames.map((name, index) => ({ name, octets: 10 ** index, rateKbps: 10 ** index })),
]

const sampleColumns = (locale: Locale): readonly Column<Sample>[] => [
  {
    id: 'name',
    head: 'Name',
    width: 'xl',
    card: 'title',
    value: (row) => row.name,
    render: (row) => <UserText text={row.name} />,
  },
  { id: 'used', head: 'Used', width: 's', figures: true, value: (row) => formatBytes(row.octets, locale) },
  { id: 'rate', head: 'Speed', width: 's', figures: true, value: (row) => formatRate(row.rateKbps, locale) },
]

const Part = ({ title, children }: { title: string; children: ComponentChildren }) => (
  <section>
    <h2>{title}</h2>
    {children}
  </section>
)

const Signs = ({ locale, now }: { locale: Locale; now: number }) => (
  <>
    <Part title="Status, badge, health">
      <div class="gallery-row">
        {meanings.map((meaning) => (
          <Status key={meaning} meaning={meaning}>
            {meaning}
          </Status>
        ))}
        <Badge>demo</Badge>
        <HealthDot health={{ serving: true, word: 'Serving' }} />
        <HealthDot health={{ serving: false, word: 'Not serving' }} />
        <span class="chip" role="status">
          Paused · 12 new <button type="button">Resume</button>
        </span>
      </div>
    </Part>
    <Part title="Icons">
      <div class="gallery-row">
        {iconNames.map((name) => (
          <span class="gallery-row" key={name}>
            <Icon name={name} /> {name}
          </span>
        ))}
      </div>
    </Part>
    <Part title="Time and numbers">
      <div class="gallery-row">
        {[0, 20_000, 180_000, 5 * 3600_000, 3 * 86_400_000].map((ageMs) => (
          <Ago key={ageMs} at={now - ageMs} now={now} locale={locale} />
        ))}
        <span>{formatDuration(2 * 3600_000 + 14 * 60_000, locale)}</span>
        <span>{formatBytes(12_400_000_000, locale)}</span>
        <span class="down">{formatRate(8200, locale)}</span>
        <span class="up">{formatRate(1100, locale)}</span>
        <span>{formatMac('aabb.ccdd.eeff')}</span>
        <span>{formatPhone('+254712345678')}</span>
      </div>
    </Part>
  </>
)

const Controls = ({ locale }: { locale: Locale }) => (
  <>
    <Part title="Buttons">
      <div class="gallery-row">
        <Button kind="main" id="gallery-main">
          Save changes
        </Button>
        <Button id="gallery-plain">Cancel</Button>
        <Button kind="danger" id="gallery-danger">
          Disconnect
        </Button>
        <Button kind="main" id="gallery-off" disabled>
          Save changes
        </Button>
      </div>
    </Part>
    <Part title="Fields and choices">
      <div class="gallery-form">
        <Field
          locale={locale}
          label="Login"
          name="login"
          value="amina.otieno"
          required
          help="As it is typed on the device."
        />
        <Field
          locale={locale}
          label="Speed down"
          name="speed"
          value="ten"
          unit="Mbit/s"
          inputMode="decimal"
          required
          error="Write a number, such as 10 or 2.5."
        />
        <Field locale={locale} label="Phone" name="phone" type="tel" inputMode="tel" value="+254 712 345 678" />
        <Field
          locale={locale}
          label="Address"
          name="address"
          value="10.64.0.9"
          disabled
          help="Given by the plan's pool."
        />
        <Choice
          label="Rows"
          name="density"
          value="dense"
          options={[
            { value: 'comfortable', label: 'Comfortable' },
            { value: 'dense', label: 'Dense' },
          ]}
        />
      </div>
    </Part>
  </>
)

const Messages = ({ locale, now }: { locale: Locale; now: number }) => (
  <>
    <Part title="Notices">
      {meanings.map((meaning) => (
        <Notice key={meaning} meaning={meaning} title={`Something ${meaning} has happened`}>
          <p>Why it has, and what to do about it.</p>
        </Notice>
      ))}
    </Part>
    <Part title="Why?">
      <Why locale={locale} reason="The plan's speed." />
      <Why
        open
        locale={locale}
        lead="Refused"
        reason="The password does not match."
        remedy="Type it again on the device, or look at `lango decisions amina.otieno`."
        facts={[
          ['Method', 'mschapv2'],
          ['At', <Ago key="at" at={now - 180_000} now={now} locale={locale} />],
          ['Login', <UserText key="login" text={hostileNames[7]} />],
        ]}
      />
    </Part>
    <Part title="Empty state">
      <div class="panel">
        <EmptyState title="No vouchers yet">
          <p>A voucher is a code that opens the network for a while. Print the first batch to sell some.</p>
        </EmptyState>
      </div>
    </Part>
  </>
)

const Tables = ({ locale }: { locale: Locale }) => {
  const columns = sampleColumns(locale)
  const rowKey = (row: Sample) => row.name
  return (
    <>
      <Part title="Stat strip">
        <StatStrip
          label="Figures"
          stats={[
            { id: 'gallery-open', label: 'Open sessions', value: '1,204' },
            { id: 'gallery-rate', label: 'Logins', value: '0.4', note: 'per second' },
            { id: 'gallery-nothing', label: 'Refused today', value: '0' },
          ]}
        />
      </Part>
      <Part title="Table, comfortable">
        <div class="panel">
          <Table name="gallery-comfortable" caption="Sample" columns={columns} rows={samples} rowKey={rowKey} />
        </div>
      </Part>
      <Part title="Table, dense">
        <div class="panel">
          <Table name="gallery-dense" caption="Dense sample" columns={columns} rows={samples} rowKey={rowKey} dense />
        </div>
      </Part>
    </>
  )
}

/** Every component in every state, for eyes and for the browser tests' photographs. */
export const Gallery = ({ locale, now }: { locale: Locale; now: number }) => (
  <div class="gallery">
    <Part title="Colours">
      <div class="swatches">
        {swatches.map((name) => (
          <div class={`swatch swatch-${name}`} key={name}>
            <Badge>{name}</Badge>
          </div>
        ))}
      </div>
    </Part>
    <Signs locale={locale} now={now} />
    <Tables locale={locale} />
    <Messages locale={locale} now={now} />
    <Controls locale={locale} />
  </div>
)
