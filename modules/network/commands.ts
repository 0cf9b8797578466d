import { z } from 'zod'
import { eq } from 'drizzle-orm'
import { err, ok } from '@lango/kernel'
import { defineCommand, secretText } from '@lango/kernel/verbs'
import { controlChanged } from './control-commands.ts'
import { drawSecret } from './draw-secret.ts'
import { parseRange, routerSecretPurpose, serverSecretPurpose } from './rules.ts'
import { remoteServers, routerControls, routerHotspots, routers, strictness } from './tables.ts'

/** The port RFC 5176 §3 gives dynamic authorization. */
export const COA_PORT_DEFAULT = 3799

const PRIORITY_MAX = 1000

const name = z.string().trim().min(1).max(64)
const port = z.number().int().min(1).max(65_535)
// Never empty (RFC 2865 §3).
const secret = secretText(z.string().min(1).max(128))
const realm = z
  .string()
  .trim()
  .min(1)
  .max(128)
  .regex(/^[^@\s]+$/, 'A realm has no @ and no spaces.')

const settings = {
  vendor: z.string().min(1).max(32),
  coaPort: port,
  realm: realm.nullable(),
  requireMessageAuthenticator: z.enum(strictness),
  limitProxyState: z.enum(strictness),
  radsecIdentity: z.string().trim().min(1).max(256).nullable(),
  swapsOctets: z.boolean(),
  adminLogins: z.boolean(),
}

/** Without a secret it gets one that nobody has to think of; `routers.reveal` tells it. */
export const addRouter = defineCommand({
  name: 'routers.add',
  summary:
    'Adds a router (RADIUS client) by its address or range; without a secret the box makes one, which routers.reveal tells.',
  output: z.object({ id: z.string(), no: z.number().int(), name: z.string(), address: z.string() }),
  permission: 'routers.write',
  input: z.object({ name, address: z.string(), secret: secret.optional(), ...partial(settings) }),
  handle(ctx, input) {
    const range = parseRange(input.address)
    if (!range) return err({ type: 'AddressInvalid', address: input.address })
    const clash = ctx.db.select().from(routers.site).all()
    if (clash.some((router) => router.name === input.name)) return err({ type: 'RouterNameTaken', name: input.name })
    const same = clash.find((router) => router.address === range.text)
    if (same) return err({ type: 'RouterAddressTaken', address: range.text, name: same.name })
    const id = ctx.ids.next('rtr')
    const no = ctx.counter('router')
    ctx.db
      .insert(routers.site)
      .values({
        id,
        no,
        name: input.name,
        address: range.text,
        secret: ctx.vault.seal(input.secret ?? drawSecret(ctx.random), routerSecretPurpose(id)),
        vendor: input.vendor ?? 'mikrotik',
        coaPort: input.coaPort ?? COA_PORT_DEFAULT,
        realm: input.realm ?? null,
        requireMessageAuthenticator: input.requireMessageAuthenticator ?? 'auto',
        limitProxyState: input.limitProxyState ?? 'auto',
        messageAuthenticatorSeen: false,
        proxyStateFreeSeen: false,
        radsecIdentity: input.radsecIdentity ?? null,
        swapsOctets: input.swapsOctets ?? false,
        adminLogins: input.adminLogins ?? false,
        status: 'active',
      })
      .run()
    return ok({ id, no, name: input.name, address: range.text })
  },
})

/** Changes what is given and leaves the rest. A new Message-Authenticator policy forgets what `auto` had learned. */
export const setRouter = defineCommand({
  name: 'routers.set',
  summary: 'Changes the given settings of a router and leaves the others as they are.',
  output: z.object({ id: z.string(), name: z.string() }),
  permission: 'routers.write',
  input: z.object({
    name,
    newName: name.optional(),
    address: z.string().optional(),
    secret: secret.optional(),
    /** A new secret that nobody has to think of, in place of one that is given. */
    drawsSecret: z.boolean().optional(),
    ...partial(settings),
  }),
  handle(ctx, { name: wanted, newName, address, secret: givenSecret, drawsSecret, ...changes }) {
    const all = ctx.db.select().from(routers.site).all()
    const router = all.find((one) => one.name === wanted)
    if (!router) return err({ type: 'RouterUnknown', name: wanted })
    const others = all.filter((one) => one !== router)
    if (others.some((one) => one.name === newName)) return err({ type: 'RouterNameTaken', name: newName! })
    const range = parseRange(address ?? router.address)
    if (!range) return err({ type: 'AddressInvalid', address: address! })
    const same = others.find((one) => one.address === range.text)
    if (same) return err({ type: 'RouterAddressTaken', address: range.text, name: same.name })
    const newSecret = drawsSecret === true ? drawSecret(ctx.random) : givenSecret
    const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
    const anew = {
      name: newName ?? router.name,
      address: range.text,
      ...(changes.requireMessageAuthenticator ? { messageAuthenticatorSeen: false } : {}),
      ...(changes.limitProxyState ? { proxyStateFreeSeen: false } : {}),
      ...(newSecret ? { secret: ctx.vault.seal(newSecret, routerSecretPurpose(router.id)) } : {}),
    }
    ctx.db
      .update(routers.site)
      .set({ ...given, ...anew })
      .where(eq(routers.site.id, router.id))
      .run()
    const { secret: _, ...after } = { ...given, ...anew }
    ctx.changed(asItWas(router, after), newSecret ? { ...after, hasNewSecret: true } : after)
    return ok({ id: router.id, name: anew.name })
  },
})

/** The same properties, as they stood before. */
const asItWas = (row: Readonly<Record<string, unknown>>, after: object): Record<string, unknown> =>
  Object.fromEntries(Object.keys(after).map((name) => [name, row[name]]))

/** Tells the shared secret, to be typed into the router: the audit log says who has read it. */
export const revealRouterSecret = defineCommand({
  name: 'routers.reveal',
  summary: 'Tells the shared secret of a router; the audit log keeps who has read it.',
  output: z.object({ name: z.string(), secret: z.string() }),
  permission: 'routers.write',
  valueIsSecret: true,
  input: z.object({ name }),
  handle(ctx, input) {
    const router = ctx.db.select().from(routers.site).where(eq(routers.site.name, input.name)).get()
    if (!router) return err({ type: 'RouterUnknown', name: input.name })
    const opened = ctx.vault.open(router.secret, routerSecretPurpose(router.id))
    if (!opened.ok) return opened
    return ok({ name: router.name, secret: opened.value.reveal() })
  },
})

export const removeRouter = defineCommand({
  name: 'routers.remove',
  summary: 'Removes a router: from now on the box ignores what it sends.',
  output: z.object({ id: z.string(), name: z.string() }),
  permission: 'routers.write',
  input: z.object({ name }),
  handle(ctx, input) {
    const router = ctx.db.select().from(routers.site).where(eq(routers.site.name, input.name)).get()
    if (!router) return err({ type: 'RouterUnknown', name: input.name })
    ctx.db.delete(routerHotspots.site).where(eq(routerHotspots.site.id, router.id)).run()
    const controls = ctx.db.delete(routerControls.site).where(eq(routerControls.site.id, router.id)).run()
    ctx.db.delete(routers.site).where(eq(routers.site.id, router.id)).run()
    if (controls.changes > 0) ctx.emit(controlChanged, { routerId: router.id })
    return ok({ id: router.id, name: router.name })
  },
})

/** What a front has learned of a router's habits; from then on `auto` holds it to them (CVE-2024-3596). */
export const routerLearned = defineCommand({
  name: 'routers.learned',
  permission: 'system',
  isInternal: true,
  input: z.object({ no: z.number().int(), messageAuthenticatorSeen: z.boolean(), proxyStateFreeSeen: z.boolean() }),
  handle(ctx, { no, messageAuthenticatorSeen, proxyStateFreeSeen }) {
    const router = ctx.db.select().from(routers.site).where(eq(routers.site.no, no)).get()
    if (!router) return err({ type: 'RouterUnknown', name: String(no) })
    ctx.db
      .update(routers.site)
      .set({
        messageAuthenticatorSeen: router.messageAuthenticatorSeen || messageAuthenticatorSeen,
        proxyStateFreeSeen: router.proxyStateFreeSeen || proxyStateFreeSeen,
      })
      .where(eq(routers.site.id, router.id))
      .run()
    return ok({ id: router.id })
  },
})

export const addRemoteServer = defineCommand({
  name: 'remoteServers.add',
  summary:
    'Adds another RADIUS server: one that answers for a realm (proxy), or one that gets copies of accounting (copy).',
  output: z.object({ id: z.string(), name: z.string(), priority: z.number().int() }),
  permission: 'routers.write',
  input: z.object({
    name,
    role: z.enum(['proxy', 'copy']),
    realm: realm.optional(),
    /** Left out, it comes after those that the realm has. */
    priority: z.number().int().min(0).max(PRIORITY_MAX).optional(),
    host: z.ipv4().or(z.ipv6()),
    port,
    secret,
  }),
  handle(ctx, input) {
    if (input.role === 'proxy' && input.realm === undefined) return err({ type: 'RealmMissing' })
    const servers = ctx.db.select().from(remoteServers.site).all()
    if (servers.some((server) => server.name === input.name)) return err({ type: 'ServerNameTaken', name: input.name })
    const id = ctx.ids.next('rsv')
    const { name: called, role, host, port: at } = input
    const realm = input.realm?.toLowerCase() ?? null
    const ofRealm = servers.filter((server) => (server.realm?.toLowerCase() ?? null) === realm)
    const priority = input.priority ?? Math.max(-1, ...ofRealm.map((server) => server.priority)) + 1
    ctx.db
      .insert(remoteServers.site)
      .values({
        id,
        name: called,
        role,
        realm,
        priority,
        host,
        port: at,
        secret: ctx.vault.seal(input.secret, serverSecretPurpose(id)),
      })
      .run()
    return ok({ id, name: called, priority })
  },
})

export const removeRemoteServer = defineCommand({
  name: 'remoteServers.remove',
  summary: 'Removes another RADIUS server: nothing is asked of it or copied to it any more.',
  output: z.object({ id: z.string(), name: z.string() }),
  permission: 'routers.write',
  input: z.object({ name }),
  handle(ctx, input) {
    const removed = ctx.db.delete(remoteServers.site).where(eq(remoteServers.site.name, input.name)).returning().get()
    return removed ? ok({ id: removed.id, name: removed.name }) : err({ type: 'ServerUnknown', name: input.name })
  },
})

/** Every member optional: what is not given stays, or takes its default. */
function partial<S extends Record<string, z.ZodType>>(shape: S): { [K in keyof S]: z.ZodOptional<S[K]> } {
  return Object.fromEntries(Object.entries(shape).map(([key, type]) => [key, type.optional()])) as {
    [K in keyof S]: z.ZodOptional<S[K]>
  }
}
