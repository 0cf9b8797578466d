/**
 * What years of business leave on a box beside subscribers and sessions: vouchers that were handed out, sold, used and
 * ended, the books of that, and the logs. Written straight into the files of a box that is down.
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { orThrow } from '@lango/kernel'
import { openDatabase } from '@lango/kernel/db'
import { createAuditLog } from '@lango/kernel/verbs'
import { lango } from './lango.ts'

export const STAFF_LOGIN = 'wanjiru'
const AGENTS = 20
const SHOPS = 100
const AUDIT_ROWS = 300_000
/** Some months of codes that people asked for; some days of deliveries. */
const MESSAGES = 40_000
const DELIVERIES = 100_000
const DAY_MS = 86_400_000

/** Fills the files of a box that has a batch of vouchers; the box is down. */
export async function fillBusiness(data: string): Promise<void> {
  await lango(data, 'staff', 'add', STAFF_LOGIN, '--role', 'owner')
  await lango(data, 'webhook', 'add', 'https://crm.example/lango', '--events', 'plan.added')
  const now = Date.now()
  const db = new DatabaseSync(join(data, 'site.db'))
  db.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; BEGIN')
  for (const sql of [agentsSql(now), ...vouchersSql(now), ...logsSql(now)]) db.exec(sql)
  db.exec('COMMIT')
  db.close()
  fillAudit(data, now)
}

const NUMBERS = 'WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < '

const agentsSql = (now: number): string => `
  INSERT INTO staff (id, login, name, role, status, created_at, created_by, totp_step, recovery_left, commission_bp)
  ${NUMBERS}${AGENTS})
  SELECT printf('stf_%04d', i), printf('agent-%d', i), printf('Agent %d', i), 'cashier', 'active', ${now}, 'bench', 0, 0,
    500 FROM numbers`

/** By tens of serial numbers: three were never given out, two are with sellers, four were sold, one was ended. */
const vouchersSql = (now: number): readonly string[] => {
  const atOf = `${now} - (v.serial % 600) * ${DAY_MS / 10}`
  const holder = `CASE v.serial / 10 % 3 WHEN 0 THEN '${STAFF_LOGIN}' WHEN 1 THEN printf('agent-%d', 1 + v.serial / 30 % ${AGENTS})
    ELSE printf('Shop %d', v.serial / 30 % ${SHOPS}) END`
  return [
    `UPDATE vouchers AS v SET holder = ${holder}, changed_at = ${atOf},
       state = CASE WHEN serial % 10 < 5 THEN 'given' WHEN serial % 10 < 9 THEN 'sold' ELSE 'revoked' END
     WHERE serial % 10 >= 3`,
    'UPDATE vouchers SET agent_id = (SELECT id FROM staff s WHERE s.login = holder) WHERE holder IS NOT NULL',
    // Three of four that were sold were used, and most of those are over.
    `UPDATE grants AS g SET first_used_at = ${atOf} + 3600000, expires_at = ${atOf} + ${2 * DAY_MS} FROM vouchers v
     WHERE v.id = g.service_id AND v.state = 'sold' AND v.serial % 10 < 8`,
    `UPDATE grants SET status = 'ended' WHERE service_id IN (SELECT id FROM vouchers WHERE state = 'revoked')`,
    `INSERT INTO voucher_sales (id, voucher_id, kind, holder, agent_id, price_minor, currency, commission_bp,
       commission_minor, code_told, at, by)
     SELECT 'vsl_' || v.id, v.id, 'sold', v.holder, v.agent_id, 5000, 'KES', 500, 250, v.agent_id IS NOT NULL, ${atOf},
       'bench' FROM vouchers v WHERE v.state = 'sold'`,
    // Each sale at the phone is a move of its own.
    `INSERT INTO voucher_moves (id, batch_id, from_serial, to_serial, state, holder, at, by)
     SELECT 'vmv_' || v.id, v.batch_id, v.serial, v.serial, 'sold', v.holder, ${atOf}, 'bench' FROM vouchers v
     WHERE v.state = 'sold' AND v.agent_id IS NOT NULL`,
  ]
}

const logsSql = (now: number): readonly string[] => [
  `INSERT INTO messages (channel, kind, recipient, subject, state, attempts, created_at, next_at, expires_at)
   ${NUMBERS}${MESSAGES})
   SELECT 'sms', 'code', printf('+2547%08d', i), '', 'accepted', 1, ${now} - (${MESSAGES} - i) * 60000,
     ${now} - (${MESSAGES} - i) * 60000, ${now} FROM numbers`,
  `INSERT INTO registrations (token, by, contact, contact_hash, address_hash, name, language, plan_id, state,
     code_expires_at, tries, created_at, ended_at)
   ${NUMBERS}${MESSAGES})
   SELECT printf('token-%d', i), 'phone', printf('+2547%08d', i), printf('%064d', i), printf('%064d', i % 5000), 'Amina', 'sw',
     (SELECT id FROM plans LIMIT 1), 'done', ${now}, 0, ${now} - (${MESSAGES} - i) * 60000, ${now} FROM numbers`,
  `INSERT INTO webhook_deliveries (endpoint_id, message_id, event, body, state, attempts, created_at, next_at, http_status,
     answer, took_ms)
   ${NUMBERS}${DELIVERIES})
   SELECT (SELECT id FROM webhook_endpoints LIMIT 1), printf('msg_%d', i), 'session.started',
     printf('{"type":"session.started","data":{"login":"user%06d","nas":"bench"}}', i), 'delivered', 1,
     ${now} - (${DELIVERIES} - i) * 6000, ${now} - (${DELIVERIES} - i) * 6000, 200, 'ok', 12 FROM numbers`,
]

/** What the box itself would have written, hash by hash: mostly of agents, some of the owner. */
function fillAudit(data: string, now: number): void {
  const database = orThrow(openDatabase({ file: join(data, 'site.db') }))
  const append = createAuditLog(database.raw)
  database.raw.exec('BEGIN')
  for (let n = 0; n < AUDIT_ROWS; n++) {
    const id = n % 500 === 0 ? 'owner' : `stf_${String(1 + (n % AGENTS)).padStart(4, '0')}`
    append({
      at: now - (AUDIT_ROWS - n) * 60_000,
      actor: { kind: 'staff', id },
      command: n % 5 === 0 ? 'subscribers.change' : 'vouchers.sellOne',
      commandId: `cmd_${n}`,
      outcome: n % 100 === 0 ? 'refused' : 'done',
      record: { input: { plan: 'day-pass', serial: n }, before: { state: 'given' }, after: { state: 'sold' } },
      origin: '192.0.2.7',
    })
  }
  database.raw.exec('COMMIT')
  database.close()
}
