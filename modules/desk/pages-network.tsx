/** The ports of an appliance: what each is for. A change is tried for a minute, and kept when somebody says so. */
import {
  DeedButton,
  definePage,
  EmptyState,
  Facts,
  fill,
  LinkButton,
  Notice,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  type Desk,
  type Done,
  type DoingDesk,
  type Shown,
} from '@lango/kernel/ui'
import { networkFaultSentence, type NetworkFault, type NetworkPlan, type NetworkStatus } from '../network/index.ts'
import { deskAddresses, fitsForm, planIn } from './network-form.ts'
import { Changes, NETWORK_PATH as PATH, NetworkForm, PortsPanel, told, type Told } from './network-parts.tsx'
import { nextStep, setupProgress } from '../setup/index.ts'
import { SettingsHead } from './settings-tabs.tsx'
import { setupWordsOf } from './words-setup.ts'
import { wordsOf } from './words-network.ts'

const LOOK_AGAIN_SEC = 5

const NotAppliance = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  return (
    <section class="panel">
      <EmptyState title={words.notAppliance}>
        <p>{words.notApplianceBody}</p>
      </EmptyState>
    </section>
  )
}

const Trial = ({ desk, leftSec }: { desk: Desk; leftSec: number }) => {
  const words = wordsOf(desk)
  return (
    <Notice meaning="attention" title={words.trial}>
      <p>{fill(words.trialBody, { seconds: leftSec })}</p>
      {desk.may('settings.write') ? (
        <DeedButton desk={{ ...desk, here: PATH }} deed="keep" kind="main">
          {words.keep}
        </DeedButton>
      ) : null}
    </Notice>
  )
}

const FaultLines = ({ desk, faults }: { desk: Desk; faults: readonly NetworkFault[] }) => (
  <ul class="plain-list">
    {faults.map((fault) => (
      <li key={`${fault.type} ${fault.at}`}>{networkFaultSentence(desk.locale.lang, fault)}</li>
    ))}
  </ul>
)

/** How the last change went, where there is something to say of it. */
const State = ({ desk, status }: { desk: Desk; status: NetworkStatus }) => {
  const words = wordsOf(desk)
  if (status.state === 'reverted') return <Notice meaning="attention" title={words.reverted} />
  if (status.state !== 'refused') return null
  return (
    <Notice meaning="attention" title={words.refused}>
      <FaultLines desk={desk} faults={status.faults} />
      {status.why === '' ? null : (
        <p>
          <code>{status.why}</code>
        </p>
      )}
    </Notice>
  )
}

const Overlay = ({ desk, keys }: { desk: Desk; keys: { readonly current: string; readonly next: string } }) => {
  const words = wordsOf(desk)
  return (
    <Panel title={words.overlay}>
      <PanelBody>
        <p class="muted">{words.overlayHelp}</p>
        <Facts
          facts={[
            [words.overlayKey, <code key="current">{keys.current}</code>],
            [words.overlayNext, <code key="next">{keys.next}</code>],
          ]}
        />
      </PanelBody>
    </Panel>
  )
}

const Content = ({ desk, told: { status, leftSec, ports } }: { desk: Desk; told: Told }) => {
  const words = wordsOf(desk)
  const plan = status?.plan ?? null
  return (
    <>
      {status ? <State desk={desk} status={status} /> : <Notice meaning="attention" title={words.silent} />}
      {typeof leftSec === 'number' ? <Trial desk={desk} leftSec={leftSec} /> : null}
      <PortsPanel desk={desk} plan={plan} ports={ports} />
      {desk.may('settings.write') && typeof leftSec !== 'number' ? (
        <Panel title={words.use}>
          <PanelBody>
            {fitsForm(plan, ports) ? null : <p class="muted">{words.byFile}</p>}
            <NetworkForm desk={desk} plan={plan} ports={ports} />
          </PanelBody>
        </Panel>
      ) : null}
      {status?.overlayKeys ? <Overlay desk={desk} keys={status.overlayKeys} /> : null}
    </>
  )
}

/** A new box whose owner came here from the first steps goes back there. */
const isSettingUp = async (desk: Desk): Promise<boolean> => {
  const progress = await desk.ask(setupProgress, {})
  return !progress.isDismissed && nextStep(progress) !== undefined
}

const BackToSetup = ({ desk, isLed }: { desk: Desk; isLed: boolean }) =>
  isLed ? (
    <p>
      <a href="/setup">{setupWordsOf(desk).toSetup}</a>
    </p>
  ) : null

type Checked = { readonly plan: NetworkPlan; readonly faults: readonly NetworkFault[] }

const preview = (desk: DoingDesk, { status, ports }: Told, { plan, faults }: Checked, sent: NetworkPlan): Shown => {
  const words = wordsOf(desk)
  const isFeasible = faults.every(({ isWarning }) => isWarning)
  const addresses = deskAddresses(plan)
  return {
    title: words.changes,
    content: (
      <>
        <SettingsHead desk={desk} current={PATH} />
        {faults.length === 0 ? null : (
          <Notice meaning="attention" title={isFeasible ? words.warnings : words.wrong}>
            <FaultLines desk={desk} faults={faults} />
          </Notice>
        )}
        <Panel title={words.changes}>
          <PanelBody>
            <p class="muted">{words.changesLead}</p>
            <Changes desk={desk} before={status?.plan ?? null} after={plan} ports={ports} />
          </PanelBody>
        </Panel>
        {addresses.length === 0 ? null : (
          <Notice meaning="info" title={words.deskThen}>
            <ul class="plain-list">
              {addresses.map((address) => (
                <li key={address}>
                  <a href={`https://${address}${PATH}`}>{`https://${address}${PATH}`}</a>
                </li>
              ))}
            </ul>
            <p>{words.deskThenHelp}</p>
          </Notice>
        )}
        <div class="button-row">
          {isFeasible ? (
            <DeedButton desk={{ ...desk, here: PATH }} deed="try" kind="main" fields={{ plan: JSON.stringify(sent) }}>
              {words.apply}
            </DeedButton>
          ) : null}
          <LinkButton href={PATH}>{words.back}</LinkButton>
        </div>
      </>
    ),
  }
}

const look = async (desk: DoingDesk): Promise<Done> => {
  const now = await told(desk)
  if (!now.ok) return { fault: now.error }
  const plan = planIn(desk.fields, now.value.status?.plan ?? null)
  const checked = await desk.box<Checked>('network.check', { plan })
  return checked.ok ? { show: preview(desk, now.value, checked.value, plan) } : { fault: checked.error }
}

const planSent = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const tryOut = async (desk: DoingDesk): Promise<Done> => {
  const done = await desk.box<{ id: string }>('network.try', { plan: planSent(desk.fields.get('plan')) })
  return done.ok ? { go: `${PATH}?said=tried` } : { fault: done.error }
}

const keep = async (desk: DoingDesk): Promise<Done> => {
  const done = await desk.box('network.keep', {})
  return done.ok ? { go: `${PATH}?said=kept` } : { fault: done.error }
}

export const networkPage = definePage({
  path: PATH,
  permission: 'settings.read',
  async show(desk) {
    const words = wordsOf(desk)
    const now = await told(desk)
    const isTried = now.ok && (typeof now.value.leftSec === 'number' || desk.search.get('said') === 'tried')
    return {
      title: words.network,
      ...(isTried ? { refreshSec: LOOK_AGAIN_SEC } : {}),
      content: (
        <>
          <SettingsHead desk={desk} current={PATH} />
          <Said desk={desk} words={{ kept: words.saidKept, tried: words.waiting }}>
            <BackToSetup desk={desk} isLed={await isSettingUp(desk)} />
          </Said>
          <RefusedNote desk={desk} />
          {now.ok && now.value.isAppliance ? <Content desk={desk} told={now.value} /> : <NotAppliance desk={desk} />}
        </>
      ),
    }
  },
  deeds: {
    look: { permission: 'settings.write', run: look },
    try: { permission: 'settings.write', run: tryOut },
    keep: { permission: 'settings.write', run: keep },
  },
})
