import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readDaloradius } from './daloradius.ts'
import { readMikhmon } from './mikhmon.ts'
import type { Moved, MoveOptions, SourceFile } from './moved.ts'
import { readPhpNuxBill } from './phpnuxbill.ts'
import { readRouterosScript } from './routeros-script.ts'
import { kbpsOf, octetsOf, rateLimitCells, secondsOf } from './routeros-values.ts'
import { readSqlDump } from './sql-dump.ts'
import { readUserManager } from './usermanager.ts'

const options = (kind = 'pppoe', planFor: [string, string][] = []): MoveOptions => ({ kind, planFor: new Map(planFor) })
const file = (text: string, name = 'export'): SourceFile => ({ name, text })
const lost = ({ lost: of }: Moved) => of.map(({ line, what }) => `${line}: ${what}`)

describe('a dump', () => {
  const wanted = new Set(['people'])
  const rows = (sql: string) =>
    (readSqlDump('d', sql, wanted).get('people') ?? []).map(({ line, cells }) => ({ line, ...cells }))

  test('is read with and without names of columns, over several lines, among what is not wanted', () => {
    const sql = `/*M!999999 enable the sandbox mode */
-- INSERT INTO people VALUES (1,'comment');
/*!40101 SET NAMES utf8mb4 */;
CREATE TABLE IF NOT EXISTS \`db\`.\`people\` (\n \`id\` int(10) unsigned NOT NULL AUTO_INCREMENT,\n \`Name\` varchar(64) DEFAULT 'x,)',\n PRIMARY KEY (\`id\`),\n KEY \`name\` (\`Name\`(32))\n) ENGINE=InnoDB;
INSERT INTO \`others\` VALUES (1,'nobody');
INSERT INTO \`people\` VALUES (1,'it''s'),
(2,NULL),(3,'a\\'b\\n;(c),');
INSERT INTO people (name, id) VALUES ("double", -4);`
    expect(rows(sql)).toEqual([
      { line: 11, id: '1', name: "it's" },
      { line: 12, id: '2', name: '' },
      { line: 12, id: '3', name: "a'b\n;(c)," },
      { line: 13, id: '-4', name: 'double' },
    ])
  })

  test.each([
    ["INSERT INTO people (a) VALUES ('never closed"],
    ['INSERT INTO people (a) VALUES (((((1'],
    ['INSERT INTO'],
    ['CREATE TABLE people (a'],
    ["INSERT INTO people (__proto__, constructor) VALUES ('x', 'y');"],
    [`/*${'/*'.repeat(50_000)}`],
    ['('.repeat(50_000)],
    [`INSERT INTO people (a) VALUES ${"('x'),".repeat(20_000)}`],
  ])('that is cut or hostile ends and throws nothing: %#', (sql) => {
    expect(() => rows(sql)).not.toThrow()
    expect(Object.hasOwn(Object.prototype, 'a')).toBe(false)
  })

  test('of anything at all throws nothing', () => {
    const part = fc.constantFrom(
      'INSERT INTO people ',
      'VALUES ',
      '(',
      ')',
      ',',
      ';',
      "'",
      '"',
      '`',
      '\\',
      '--',
      '/*',
      '*/',
      '\n',
      'a',
      '0',
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), (parts) => {
        expect(rows(parts.join(''))).toBeInstanceOf(Array)
      }),
    )
  })
})

describe('a RouterOS script', () => {
  test('has menus, continued lines and escapes', () => {
    const script = `# by RouterOS 7.16
/user-manager user
add name=amina password="p\\"w \\$x\\C3\\A9" comment="a \\
    b"
/ip hotspot user add name=chege
/ip/hotspot/user/profile
add name=day \\
    rate-limit=2M/10M
:put "nothing"`
    expect(readRouterosScript(script).map(({ line, menu, verb, values }) => ({ line, menu, verb, values }))).toEqual([
      {
        line: 3,
        menu: '/user-manager user',
        verb: 'add',
        values: { name: 'amina', password: 'p"w $xé', comment: 'a b' },
      },
      { line: 5, menu: '/ip hotspot user', verb: 'add', values: { name: 'chege' } },
      { line: 7, menu: '/ip hotspot user profile', verb: 'add', values: { name: 'day', 'rate-limit': '2M/10M' } },
    ])
  })

  test('of anything at all throws nothing', () => {
    const part = fc.constantFrom(
      'add ',
      'name=',
      '"',
      '\\',
      '\n',
      '/ip hotspot user',
      ' ',
      '=',
      'x',
      '[ find ]',
      '\\FF',
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), (parts) => {
        expect(readRouterosScript(parts.join(''))).toBeInstanceOf(Array)
      }),
    )
  })

  test.each([
    ['2M/10M', { upKbps: '2000', downKbps: '10000' }],
    ['512k', { upKbps: '512', downKbps: '512' }],
    [
      '2M/10M 4M/20M 1M/8M 8/16 5',
      {
        upKbps: '2000',
        downKbps: '10000',
        burst: JSON.stringify({
          downKbps: 20_000,
          upKbps: 4000,
          thresholdDownKbps: 8000,
          thresholdUpKbps: 1000,
          timeSec: 16,
        }),
        priority: '5',
      },
    ],
    ['256k/2M 0/0 0/0 0/0 8 1k/1k', { upKbps: '256', downKbps: '2000', priority: '8' }],
    ['fast', undefined],
    ['', undefined],
    ['99999999999999999999M', undefined],
  ])('a rate limit %s', (text, cells) => expect(rateLimitCells(text)).toEqual(cells))

  test.each([
    [secondsOf('1w2d03:04:05'), 604_800 + 2 * 86_400 + 3 * 3600 + 4 * 60 + 5],
    [secondsOf('1h30m'), 5400],
    [secondsOf('unlimited'), undefined],
    [secondsOf(''), undefined],
    [octetsOf('1G'), 1024 ** 3],
    [octetsOf('1000000000B'), 1e9],
    [octetsOf('-1'), undefined],
    [kbpsOf('3000000B'), 3000],
  ])('times and amounts: %s', (found, expected) => expect(found).toBe(expected))
})

const RADIUS = `CREATE TABLE \`radcheck\` (\`id\` int, \`username\` varchar(64), \`attribute\` varchar(64), \`op\` char(2), \`value\` varchar(253));
INSERT INTO \`radcheck\` VALUES (1,'amina','Cleartext-Password',':=','pw, of amina'),
(2,'baraka','Crypt-Password',':=','$1$x'),
(3,'baraka','Expiration',':=','24 Dec 2026 18:00:00'),
(4,'chege','User-Password','==','pw'),
(5,'chege','Calling-Station-Id','==','aa-bb-cc-dd-ee-ff'),
(6,'chege','Login-Time',':=','Wk2305-0855');
INSERT INTO radreply (username, attribute, op, value) VALUES ('amina','Framed-IP-Address','=','100.64.0.9'),('amina','Framed-IP-Address','=','bad');
INSERT INTO radusergroup (username, groupname, priority) VALUES
('amina','Home 10',1),('amina','Second',5),
('chege','daloRADIUS-Disabled-Users',0),('chege','Home 10',1),('ghost','Home 10',1);
INSERT INTO radgroupreply (groupname, attribute, op, value) VALUES
('Home 10','Mikrotik-Rate-Limit',':=','2M/10M 4M/20M'),('Home 10','Framed-Protocol',':=','PPP'),('Home 10','Session-Timeout',':=','3600'),('Home 10','Filter-Id',':=','x');
INSERT INTO radgroupcheck (groupname, attribute, op, value) VALUES ('Home 10','Simultaneous-Use',':=','2');
INSERT INTO userinfo (username, firstname, lastname, email, mobilephone) VALUES ('amina','Amina','Otieno','amina@example.net','+254 712 345 678'),('chege','Chege','','none','07');`

test('daloRADIUS: users, groups as plans, people; hashes and unknown attributes are told by line', () => {
  const moved = readDaloradius([file(RADIUS)], options('hotspot'))
  expect(moved.plans.map(({ cells }) => cells)).toEqual([
    expect.objectContaining({
      name: 'Home 10',
      kind: 'pppoe',
      upKbps: '2000',
      downKbps: '10000',
      sessionTimeoutSec: '3600',
      deviceLimit: '2',
    }),
  ])
  expect(moved.subscribers.map(({ cells }) => cells)).toEqual([
    {
      login: 'amina',
      password: 'pw, of amina',
      plan: 'Home 10',
      name: 'Amina Otieno',
      email: 'amina@example.net',
      phone: '+254 712 345 678',
    },
    { login: 'baraka', expiresAt: '2026-12-24T18:00:00.000Z' },
    { login: 'chege', password: 'pw', plan: 'Home 10', mac: 'aa-bb-cc-dd-ee-ff', status: 'suspended', name: 'Chege' },
  ])
  expect(lost(moved)).toEqual([
    '13: the attribute Filter-Id',
    '3: a password that is kept as a hash (Crypt-Password)',
    '7: the attribute Login-Time',
    '11: a group of somebody who is not there',
    '10: a second group',
    '2: a ip that is none',
    '5: a phone that is none',
    '5: a email that is none',
  ])
})

test('daloRADIUS: the same from a CSV file a table, and plans by the names they have here', () => {
  const moved = readDaloradius(
    [
      file(
        'id,username,attribute,op,value\n1,amina,Cleartext-Password,:=,"p,w"\n2,baraka,Cleartext-Password,:=,q\n',
        'x/radcheck.csv',
      ),
      file('username,groupname,priority\namina,Old,NULL\n', 'radusergroup.csv'),
    ],
    options('pppoe', [
      ['Old', 'Home-10'],
      ['', 'Free'],
    ]),
  )
  expect(moved.plans).toEqual([])
  expect(moved.subscribers).toEqual([
    { line: 2, cells: { login: 'amina', password: 'p,w', plan: 'Home-10' } },
    { line: 3, cells: { login: 'baraka', password: 'q', plan: 'Free' } },
  ])
})

test('User Manager of version 7: limitations, profiles, users and who has which', () => {
  const script = `/user-manager limitation
add download-limit=1000000000B name="4 Jam" rate-limit-burst-rx=5000000B rate-limit-burst-threshold-rx=2000000B \\
    rate-limit-burst-threshold-tx=2000000B rate-limit-burst-time-rx=5s rate-limit-burst-time-tx=5s rate-limit-burst-tx=5000000B \\
    rate-limit-rx=3000000B rate-limit-tx=6000000B transfer-limit=2G uptime-limit=4h reset-counters-interval=daily
/user-manager profile
add name=Day name-for-users="A day" override-shared-users=2 price=50 starts-when=first-auth validity=1d
/user-manager profile-limitation
add limitation="4 Jam" profile=Day
/user-manager user
add name=amina password=pw shared-users=1
add attributes=Framed-Pool:x caller-id=AA:BB:CC:DD:EE:FF disabled=yes name=baraka password=q
/user-manager user-profile
add profile=Day user=amina
/user-manager router
add address=10.0.0.1 name=r shared-secret=s`
  const moved = readUserManager([file(script)], options('hotspot'))
  expect(moved.plans.map(({ cells }) => cells)).toEqual([
    {
      name: 'Day',
      kind: 'hotspot',
      upKbps: '3000',
      downKbps: '6000',
      burst: JSON.stringify({
        downKbps: 5000,
        upKbps: 5000,
        thresholdDownKbps: 2000,
        thresholdUpKbps: 2000,
        timeSec: 5,
      }),
      quotaOctets: String(2 * 1024 ** 3),
      quotaSec: '14400',
      quotaPeriod: 'day',
      validitySec: '86400',
      validFrom: 'first-use',
      deviceLimit: '2',
    },
  ])
  expect(moved.subscribers.map(({ cells }) => cells)).toEqual([
    { login: 'amina', password: 'pw', plan: 'Day' },
    { login: 'baraka', password: 'q', mac: 'AA:BB:CC:DD:EE:FF', status: 'suspended' },
  ])
  expect(lost(moved)).toEqual([
    '15: what is said under /user-manager router',
    '2: the download-limit of a limitation',
    '6: the price of a profile',
    '11: the property attributes of a user',
  ])
})

test('User Manager of version 6 says the same under /tool', () => {
  const script = `/tool user-manager profile
add name=Week owner=admin override-shared-users=off price=0 starts-at=logon validity=1w
/tool user-manager profile limitation
add name=l1 owner=admin rate-limit-rx=1M rate-limit-tx=4M transfer-limit=0B uptime-limit=0s
/tool user-manager profile profile-limitation
add from-time=0s limitation=l1 profile=Week till-time=23h59m59s weekdays=sunday,monday,tuesday,wednesday,thursday,friday,saturday
/tool user-manager user
add customer=admin disabled=no first-name=Amina password=pw phone=0712345678 shared-users=1 username=amina wireless-psk=""`
  const moved = readUserManager([file(script)], options('hotspot', [['', 'Week']]))
  expect(moved.plans[0]!.cells).toEqual({
    name: 'Week',
    kind: 'hotspot',
    upKbps: '1000',
    downKbps: '4000',
    validitySec: '604800',
    validFrom: 'first-use',
  })
  expect(moved.subscribers[0]!.cells).toEqual({
    login: 'amina',
    password: 'pw',
    plan: 'Week',
    name: 'Amina',
    phone: '0712345678',
  })
  expect(lost(moved)).toEqual([])
})

test('Mikhmon: a script with its profiles', () => {
  const script = `/ip hotspot user profile
add name="1Day" on-login=":put (\\",rem,5000,1d,6000,,Disable,\\"); :local x" rate-limit="2M/10M" shared-users=1
/ip hotspot user
add name="abc12" password="abc12" profile="1Day" comment="vc-123-11.26.26" limit-uptime="1h" limit-bytes-total="500M"
add name="used1" password="used1" profile="1Day" comment="nov/26/2026 10:30:00"
add name="gone1" password="gone1" profile="1Day" limit-uptime="1s"
add name="other" password="" profile="2Day"`
  const moved = readMikhmon([file(script)], options('hotspot'))
  expect(moved.plans.map(({ cells }) => cells)).toEqual([
    { name: '1Day', kind: 'hotspot', upKbps: '2000', downKbps: '10000', validitySec: '86400', deviceLimit: '1' },
    { name: '2Day', kind: 'hotspot' },
  ])
  expect(moved.subscribers.map(({ cells }) => cells)).toEqual([
    { login: 'abc12', password: 'abc12', plan: '1Day', quotaSec: '3600', quotaOctets: String(500 * 1024 ** 2) },
    { login: 'used1', password: 'used1', plan: '1Day', expiresAt: '2026-11-26T10:30:00.000Z' },
    { login: 'other', password: 'other', plan: '2Day' },
  ])
  expect(lost(moved)).toEqual([
    '2: the price of a profile',
    '6: a user whose time is over',
    '7: what the profile 2Day gives: export it too, or map it',
  ])
})

test('Mikhmon: its CSV quotes nothing', () => {
  const csv =
    'Username,Password,Profile,Time Limit,Data Limit,Comment\nabc,abc,1Day,,,a, b\nshort,x\n=cmd,"p,1Day,1h,1G,\n'
  const moved = readMikhmon([file(csv)], options('hotspot', [['1Day', 'Day-Pass']]))
  expect(moved.subscribers.map(({ cells }) => cells)).toEqual([
    { login: 'abc', password: 'abc', plan: 'Day-Pass' },
    { login: '=cmd', password: '"p', plan: 'Day-Pass', quotaSec: '3600', quotaOctets: String(1024 ** 3) },
  ])
  expect(lost(moved)).toEqual(['3: a line with too few fields'])
})

test('PHPNuxBill: plans with their bandwidths, customers with their last recharge, vouchers that were not used', () => {
  const sql = `INSERT INTO \`tbl_bandwidth\` (\`id\`,\`name_bw\`,\`rate_down\`,\`rate_down_unit\`,\`rate_up\`,\`rate_up_unit\`,\`burst\`) VALUES (1,'10M',10,'Mbps',512,'Kbps','1M/20M 512k/8M 16/16');
INSERT INTO tbl_plans (id,name_plan,id_bw,price,type,typebp,limit_type,time_limit,time_unit,data_limit,data_unit,validity,validity_unit,shared_users,pool,enabled) VALUES
(1,'Home',1,'1500','PPPOE','Unlimited',NULL,NULL,NULL,NULL,NULL,30,'Days',NULL,'pppoe-pool',1),
(2,'Hour',1,'0','Hotspot','Limited','Both_Limit',1,'Hrs',500,'MB',1,'Days',2,NULL,0),
(3,'Wallet',0,'10','Balance',NULL,NULL,NULL,NULL,NULL,NULL,0,'Days',NULL,NULL,1);
INSERT INTO tbl_customers (id,username,password,pppoe_username,pppoe_password,pppoe_ip,fullname,phonenumber,email,balance,status,created_at) VALUES
(1,'amina','web-pw','amina-ppp','ppp-pw','100.64.0.9','Amina <b>','0712345678','amina@example.net','0.00','Active','2025-01-02 03:04:05'),
(2,'baraka','pw','','','','Baraka','0','1','250.00','Suspended','2025-01-02 03:04:05');
INSERT INTO tbl_user_recharges (id,customer_id,username,plan_id,namebp,expiration,time,status) VALUES
(1,1,'amina',2,'Hour','2025-02-01','00:00:00','off'),(2,1,'amina',1,'Home','2026-12-24','18:00:00','on');
INSERT INTO tbl_voucher (id,type,id_plan,code,user,status) VALUES (1,'Hotspot',2,'NUX123','0','0'),(2,'Hotspot',2,'NUX456','x','1');`
  const moved = readPhpNuxBill([file(sql)], options('hotspot', [['', 'Hour']]))
  expect(moved.plans.map(({ cells }) => cells)).toEqual([
    {
      name: 'Home',
      kind: 'pppoe',
      upKbps: '512',
      downKbps: '10000',
      status: 'active',
      burst: JSON.stringify({
        downKbps: 20_000,
        upKbps: 1000,
        thresholdDownKbps: 8000,
        thresholdUpKbps: 512,
        timeSec: 16,
      }),
      validitySec: String(30 * 86_400),
      pool: 'pppoe-pool',
    },
    expect.objectContaining({
      name: 'Hour',
      kind: 'hotspot',
      status: 'withdrawn',
      quotaSec: '3600',
      quotaOctets: String(500 * 1024 ** 2),
      deviceLimit: '2',
    }),
  ])
  expect(moved.subscribers.map(({ cells }) => cells)).toEqual([
    {
      login: 'amina-ppp',
      password: 'ppp-pw',
      plan: 'Home',
      name: 'Amina <b>',
      phone: '0712345678',
      email: 'amina@example.net',
      ip: '100.64.0.9',
      expiresAt: '2026-12-24T18:00:00.000Z',
      createdAt: '2025-01-02T03:04:05.000Z',
    },
    {
      login: 'baraka',
      password: 'pw',
      plan: 'Hour',
      name: 'Baraka',
      createdAt: '2025-01-02T03:04:05.000Z',
      status: 'suspended',
    },
    { login: 'NUX123', password: 'NUX123', plan: 'Hour' },
  ])
  expect(lost(moved)).toEqual([
    '3: the price of a plan',
    '5: a plan of the type Balance',
    '10: an earlier recharge of somebody',
    '8: the balance of a customer',
    '11: a voucher that was used',
  ])
})
