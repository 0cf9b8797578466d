import { expect, test } from 'vitest'
import { localeOf } from '@lango/kernel/ui'
import { found } from '../doctor/check.ts'
import type { Finding } from '../doctor/findings.ts'
import { attentionIn } from './attention-words.ts'

const fault = { type: 'AuditBroken', no: 7 } as { type: 'AuditBroken' }
const disk = { freeOctets: 5e8, sizeOctets: 64e9, dir: '/srv/lango' }
const notAfter = Date.UTC(2027, 0, 2)
const findings: { readonly [T in Finding['type']]: Extract<Finding, { type: T }> } = {
  'accounting-unstored': { type: 'accounting-unstored' },
  'logins-slow': { type: 'logins-slow', logins: 40, p95Ms: 312, p95MsMax: 100 },
  'clock-unsure': { type: 'clock-unsure' },
  'disk-low': { type: 'disk-low', ...disk },
  'disk-out': { type: 'disk-out', ...disk },
  'wal-large': { type: 'wal-large', siteOctets: 1e6, sessionsOctets: 9e9 },
  'inodes-low': { type: 'inodes-low', free: 900, dir: '/srv/lango' },
  'inodes-out': { type: 'inodes-out', dir: '/srv/lango' },
  'disk-read-only': { type: 'disk-read-only', dir: '/srv/lango' },
  'disk-errors': { type: 'disk-errors', disk: 'sda', errors: 3 },
  'disk-failing': { type: 'disk-failing', disk: 'sda' },
  'disk-reserve-low': { type: 'disk-reserve-low', disk: 'mmcblk0' },
  'disk-worn': { type: 'disk-worn', disk: 'mmcblk0', wornPercent: 90 },
  'disk-pressed': { type: 'disk-pressed', percent: 44 },
  'memory-low': { type: 'memory-low', availableOctets: 4e7, totalOctets: 1e9 },
  'memory-pressed': { type: 'memory-pressed', percent: 20 },
  'memory-ran-out': { type: 'memory-ran-out', kills: 2 },
  'load-high': { type: 'load-high', perProcessor: 3.25, processors: 4 },
  'too-warm': { type: 'too-warm', celsius: 91, criticalC: 95 },
  'clock-unsynced': { type: 'clock-unsynced' },
  'folder-open': { type: 'folder-open', dir: '/srv/lango', mode: '755' },
  'buffer-small': { type: 'buffer-small', grantedOctets: 212_992, wantedOctets: 4_194_304 },
  'database-damaged': { type: 'database-damaged', first: ['row 1 missing from index x'], more: 0 },
  'keys-unfit': { type: 'keys-unfit', fault },
  'keys-lost': { type: 'keys-lost' },
  'port-closed': { type: 'port-closed', name: 'web', port: 8080 },
  'port-taken': {
    type: 'port-taken',
    name: 'auth',
    port: 1812,
    holder: { program: 'radiusd', pid: 7, user: 'freerad' },
  },
  'radius-silent': { type: 'radius-silent', port: 1812 },
  'uplink-none': { type: 'uplink-none' },
  'names-none': { type: 'names-none' },
  'names-unanswered': { type: 'names-unanswered', server: '192.0.2.53', cause: 'ETIMEOUT' },
  'update-rolled-back': { type: 'update-rolled-back', why: 'no login succeeded', at: notAfter },
  'update-refused': { type: 'update-refused', why: 'not signed by a known key', at: notAfter },
  'packets-dropped': { type: 'packets-dropped', count: 3 },
  'radsec-unknown': { type: 'radsec-unknown', count: 3 },
  'radsec-handshakes': { type: 'radsec-handshakes', count: 3 },
  'radsec-dropped': { type: 'radsec-dropped', count: 3 },
  'decisions-lost': { type: 'decisions-lost', count: 3 },
  'routers-unknown': { type: 'routers-unknown', first: [{ address: '192.0.2.9', packets: 7, agoSec: 90 }], more: 2 },
  lockouts: { type: 'lockouts', first: ['amina'], more: 0 },
  'messages-untaken': { type: 'messages-untaken', inRow: 3, first: [{ channel: 'sms', reason: 'no credit' }], more: 0 },
  'certificates-none': { type: 'certificates-none' },
  'certificate-unfit': { type: 'certificate-unfit', fault },
  'certificate-ending': { type: 'certificate-ending', certificate: 'own', notAfter },
  'certificate-ended': { type: 'certificate-ended', certificate: 'ca', notAfter },
  'acme-failing': {
    type: 'acme-failing',
    names: 'wifi.isp.example',
    fault: { type: 'AcmeSlow', what: 'the proof' } as { type: 'AcmeSlow' },
    failures: 2,
    nextAt: notAfter,
  },
  'portal-nameless': { type: 'portal-nameless', why: 'box', port: 443 },
  'routers-none': { type: 'routers-none' },
  'routers-never': { type: 'routers-never', first: ['tower', 'hill'], more: 3 },
  'routers-silent': { type: 'routers-silent', first: [{ name: 'tower', silentHours: 49 }], more: 0 },
  'routers-uncontrolled': {
    type: 'routers-uncontrolled',
    first: [{ name: 'tower', why: 'login', detail: 'invalid user name or password (6)' }],
    more: 0,
  },
  'rollout-halted': {
    type: 'rollout-halted',
    version: '7.20.1',
    first: [{ name: 'tower', why: 'old-version', said: '7.18.2 (stable)' }],
    more: 2,
  },
  'rollout-portal': { type: 'rollout-portal', version: '7.20.1' },
  'routers-troubled': { type: 'routers-troubled', first: [{ name: 'tower', customers: 3 }], more: 1 },
  'hotspots-troubled': {
    type: 'hotspots-troubled',
    first: [{ name: 'tower', what: 'refused', said: 'failure' }],
    more: 0,
  },
  'payments-unread': { type: 'payments-unread', minutes: 40 },
  'payments-unmatched': { type: 'payments-unmatched', payments: 3 },
  'refunds-troubled': { type: 'refunds-troubled', unknown: 1, unanswered: 2, failed: 3 },
  'payouts-troubled': { type: 'payouts-troubled', unknown: 1, unanswered: 2, failed: 3, waiting: 4 },
  'payouts-unfunded': { type: 'payouts-unfunded', hasMinor: 100, needsMinor: 5000, currency: 'KES' },
  'payments-disputed': { type: 'payments-disputed', movements: 2 },
  'payments-forged': { type: 'payments-forged', denied: 1, mismatched: 2 },
  'jobs-failed': { type: 'jobs-failed', first: [{ name: 'mail.send', error: 'no route' }], more: 0 },
  'webhooks-troubled': { type: 'webhooks-troubled', first: [{ number: 4, isGone: false, events: 12 }], more: 0 },
  'backup-none': { type: 'backup-none' },
  'backup-old': { type: 'backup-old', ageHours: 200, file: '/mnt/pop.backup', octets: 1e9 },
  'backup-failed': { type: 'backup-failed', place: 's3://kisumu', error: 'the storage answered 500' },
  'backup-late': { type: 'backup-late', place: '/mnt/usb' },
  'shelves-silent': { type: 'shelves-silent', first: [{ name: 'kisumu', silentHours: 80 }], more: 0 },
  'update-waits': { type: 'update-waits', version: '1.4.0' },
  'updates-unread': {
    type: 'updates-unread',
    fault: { type: 'FeedUnreachable', cause: 'timeout' } as { type: 'FeedUnreachable' },
  },
  'standby-away': { type: 'standby-away', name: 'pop-2', isCatchingUp: false, since: notAfter },
  'took-over': { type: 'took-over', name: 'pop-1', at: notAfter, missingSince: notAfter },
  'set-aside': { type: 'set-aside', at: notAfter, dir: '/srv/lango/set-aside-1' },
  'audit-broken': { type: 'audit-broken', fault },
  'audit-unsigned': { type: 'audit-unsigned' },
}

const row = (finding: Finding) => ({
  id: 'x',
  since: 0,
  severity: 'attention' as const,
  ...found('x', 'attention', finding),
})
const [en, sw] = [localeOf('en', 'Africa/Nairobi'), localeOf('sw', 'Africa/Nairobi')]

test.each(Object.values(findings))('$type is told in both languages, with what to do', (finding) => {
  const [english, swahili] = [attentionIn(en, row(finding)), attentionIn(sw, row(finding))]
  for (const { sentence, remedy } of [english, swahili]) {
    expect(sentence).toMatch(/\.$/)
    expect(remedy).not.toBe('')
    expect(sentence + remedy).not.toMatch(/undefined|\[object|[{}]/)
  }
  expect(swahili.sentence).not.toBe(english.sentence)
  expect(swahili.remedy).not.toBe(english.remedy)
})

test('a page writes figures and ages in its reader’s way, and names as they are', () => {
  expect(attentionIn(sw, row(findings['routers-silent'])).sentence).toBe(
    'Hazijasikika kwa siku nzima: tower (siku 2 zilizopita).',
  )
  expect(attentionIn(sw, row(findings['routers-never'])).sentence).toBe('Hazijasikika kamwe: tower, hill na 3 zaidi.')
  expect(attentionIn(en, row(findings['disk-low'])).sentence).toMatch(
    /^500\sMB of 64\.0\sGB are free where \/srv\/lango lies\.$/,
  )
})

test('what is told without data stays as it came', () => {
  const { finding: _, ...told } = row(findings['clock-unsure'])
  expect(attentionIn(sw, told)).toMatchObject({ sentence: told.sentence, remedy: told.remedy })
})
