import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, type Fault, type Result, type Secret } from '@lango/kernel'
import { defineCommand, defineEvent, secretText, type CommandContext } from '@lango/kernel/verbs'
import { drawSecret } from './draw-secret.ts'
import { isInterfaceName } from './ipv4-network.ts'
import { controlPasswordPurpose, overlap, parseAddress, parseRange } from './rules.ts'
import { controlWays, routerControls, routerHotspots, routers, type ControlWay, type StaticNetwork } from './tables.ts'

/** The box is to control other routers than before, or otherwise. */
export const controlChanged = defineEvent<{ routerId: string }>('routers.controlChanged')

/** MikroTik "Services": the ports that RouterOS has for them. */
export const CONTROL_PORTS: Readonly<Record<ControlWay, number>> = { api: 8728, 'api-tls': 8729, rest: 443 }
export const CONTROL_USER_DEFAULT = 'lango'
export const STATIC_NETWORKS_MAX = 64

const routerName = z.string().trim().min(1).max(64)

/** Letters and digits in pairs, with or without colons, as `/certificate print` and openssl write it. */
const fingerprint = z
  .string()
  .transform((text) => text.replaceAll(/[:\s]/g, '').toLowerCase())
  .pipe(z.string().regex(/^[\da-f]{64}$/, 'A SHA-256 fingerprint has 64 digits and letters from a to f.'))

const staticNetwork = z.object({
  network: z.string().trim().max(32),
  interface: z.string().trim().refine(isInterfaceName, 'An interface is named as the router has it: ether2.'),
})

type Row = typeof routerControls.site.$inferSelect

/**
 * Lets the box log in to a router, or changes how; what is not given stays. Without a password it gets one that nobody
 * has to think of, which routers.revealControl tells.
 */
export const setControl = defineCommand({
  name: 'routers.setControl',
  summary:
    'Lets the box log in to a MikroTik router, to hold customers with a fixed address there; without a password the box makes one, which routers.revealControl tells.',
  output: z.object({ id: z.string(), name: z.string() }),
  permission: 'routers.write',
  input: z.object({
    name: routerName,
    /** `api-tls` when it is new. */
    way: z.enum(controlWays).optional(),
    /** Null: the router's own address. */
    host: z.ipv4().or(z.ipv6()).nullable().optional(),
    /** The way's own when the way is another. */
    port: z.number().int().min(1).max(65_535).optional(),
    user: z
      .string()
      .trim()
      .regex(/^[^\p{Cc}]{1,64}$/u)
      .optional(),
    password: secretText(z.string().min(1).max(128)).optional(),
    /** A new one that nobody has to think of, in place of one that is given. */
    drawsPassword: z.boolean().optional(),
    /** Of the certificate that the router must show; null to be asked again. */
    certificateSha256: fingerprint.nullable().optional(),
    networks: z.array(staticNetwork).max(STATIC_NETWORKS_MAX).optional(),
  }),
  handle(ctx, { name, password, drawsPassword, networks: givenNetworks, ...given }) {
    const router = ctx.db.select().from(routers.site).where(eq(routers.site.name, name)).get()
    if (!router) return err({ type: 'RouterUnknown', name })
    const { id } = router
    const before = ctx.db.select().from(routerControls.site).where(eq(routerControls.site.id, id)).get()
    const settings = settingsOf(given, before)
    // A range is no place to connect to.
    if (settings.host === null && !parseAddress(router.address)) return err({ type: 'ControlHostMissing', name })
    const networks = networksOf(ctx, id, givenNetworks ?? before?.networks ?? [])
    if (!networks.ok) return networks
    const draws = drawsPassword === true || (!before && password === undefined)
    const sealed = sealedPassword(ctx, id, draws ? drawSecret(ctx.random) : password)
    const after = { ...settings, networks: networks.value }
    const values = { id, routerId: id, ...after, password: sealed ?? before!.password }
    ctx.db
      .insert(routerControls.site)
      .values(values)
      .onConflictDoUpdate({ target: routerControls.site.id, set: values })
      .run()
    ctx.changed(before ? withoutPassword(before) : null, sealed ? { ...after, hasNewPassword: true } : after)
    ctx.emit(controlChanged, { routerId: id })
    return ok({ id, name })
  },
})

const sealedPassword = (ctx: CommandContext, id: string, password: Secret | string | undefined): Buffer | undefined =>
  password === undefined ? undefined : ctx.vault.seal(password, controlPasswordPurpose(id))

type Settings = Pick<Row, 'way' | 'host' | 'port' | 'user' | 'certificateSha256'>
type Given = { readonly [S in keyof Settings]?: Settings[S] | undefined }

/** Where nothing was said of it. */
const NEW: Omit<Settings, 'port'> = { way: 'api-tls', host: null, user: CONTROL_USER_DEFAULT, certificateSha256: null }

/** What is given, else what was, else what fits most. */
const settingsOf = (given: Given, before: Row | undefined): Settings => {
  const told = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<Settings>
  const { way, host, user, certificateSha256 } = { ...NEW, ...before, ...told }
  const port = told.port ?? (way === before?.way ? before.port : CONTROL_PORTS[way])
  // Without TLS there is no certificate to show.
  return { way, host, port, user, certificateSha256: way === 'api' ? null : certificateSha256 }
}

type NetworkFault =
  | (Fault<'NetworkInvalid'> & { readonly network: string })
  | (Fault<'NetworkTwice'> & { readonly network: string; readonly other: string })
  | (Fault<'NetworkTaken'> & { readonly network: string; readonly other: string; readonly router: string })

type ControlMissing =
  | (Fault<'RouterUnknown'> & { readonly name: string })
  | (Fault<'ControlUnknown'> & { readonly name: string })

const withoutPassword = ({ id: _id, routerId: _routerId, password: _password, ...open }: Row) => open

/** In the form they are stored in; no two may share an address, at whichever router. */
const networksOf = (
  ctx: CommandContext,
  routerId: string,
  given: readonly StaticNetwork[],
): Result<StaticNetwork[], NetworkFault> => {
  const others = ctx.db
    .select({ id: routerControls.site.id, name: routers.site.name, networks: routerControls.site.networks })
    .from(routerControls.site)
    .innerJoin(routers.site, eq(routers.site.id, routerControls.site.id))
    .all()
    .filter(({ id }) => id !== routerId)
  const taken = others.flatMap(({ name, networks }) => networks.map(({ network }) => ({ name, network })))
  const networks: StaticNetwork[] = []
  for (const { network, interface: behind } of given) {
    const range = parseRange(network)
    if (range?.version !== 4) return err({ type: 'NetworkInvalid', network })
    const own = networks.map((one) => ({ name: null, network: one.network }))
    const clash = [...taken, ...own].find((one) => overlap(parseRange(one.network)!, range))
    if (clash?.name === null) return err({ type: 'NetworkTwice', network, other: clash.network })
    if (clash) return err({ type: 'NetworkTaken', network, other: clash.network, router: clash.name })
    networks.push({ network: range.text, interface: behind })
  }
  return ok(networks)
}

/** Tells the password, to be typed into the router: the audit log says who has read it. */
export const revealControl = defineCommand({
  name: 'routers.revealControl',
  summary: 'Tells the password that the box logs in to a router with; the audit log keeps who has read it.',
  output: z.object({ name: z.string(), password: z.string() }),
  permission: 'routers.write',
  valueIsSecret: true,
  input: z.object({ name: routerName }),
  handle(ctx, { name }) {
    const found = controlOf(ctx, name)
    if (!found.ok) return found
    const { id, password } = found.value
    const opened = ctx.vault.open(password, controlPasswordPurpose(id))
    return opened.ok ? ok({ name, password: opened.value.reveal() }) : opened
  },
})

export const removeControl = defineCommand({
  name: 'routers.removeControl',
  summary:
    'The box logs in to a router no more. What it has written there stays as it is, until somebody removes it there.',
  output: z.object({ id: z.string(), name: z.string() }),
  permission: 'routers.write',
  input: z.object({ name: routerName }),
  handle(ctx, { name }) {
    const found = controlOf(ctx, name)
    if (!found.ok) return found
    ctx.db.delete(routerHotspots.site).where(eq(routerHotspots.site.id, found.value.id)).run()
    ctx.db.delete(routerControls.site).where(eq(routerControls.site.id, found.value.id)).run()
    ctx.emit(controlChanged, { routerId: found.value.id })
    return ok({ id: found.value.id, name })
  },
})

const controlOf = (ctx: CommandContext, name: string): Result<Row, ControlMissing> => {
  const router = ctx.db.select().from(routers.site).where(eq(routers.site.name, name)).get()
  if (!router) return err({ type: 'RouterUnknown', name })
  const control = ctx.db.select().from(routerControls.site).where(eq(routerControls.site.id, router.id)).get()
  return control ? ok(control) : err({ type: 'ControlUnknown', name })
}
