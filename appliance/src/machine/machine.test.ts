import { expect, test } from 'vitest'
import { diskHealth, mountOf } from './disk-health.ts'
import { loadIn, memoryIn, oomKillsIn, pressureIn, warmthIn } from './kernel-files.ts'
import { hasDefaultRoute, nameServersIn, portHolder } from './sockets.ts'
import { recorded } from './testing/recorded.ts'

test('memory, swap, kills, pressure and load are read as Linux writes them', () => {
  const root = recorded({
    'proc/meminfo': `MemTotal:         938956 kB
MemFree:           62244 kB
MemAvailable:     501232 kB
SwapTotal:        469476 kB
SwapFree:         400000 kB
`,
    'proc/vmstat': 'nr_free_pages 1\noom_kill 3\nzswpin 0\n',
    'proc/pressure/memory':
      'some avg10=0.00 avg60=1.00 avg300=9.50 total=1\nfull avg10=0.00 avg60=0.00 avg300=4.25 total=1\n',
    'proc/loadavg': '0.52 6.00 2.59 3/412 4242\n',
    'proc/stat': 'cpu  1 2 3\ncpu0 1 2 3\ncpu1 1 2 3\nintr 5\n',
  })
  expect(memoryIn(root)).toEqual({
    totalOctets: 938_956 * 1024,
    availableOctets: 501_232 * 1024,
    swapOctets: 469_476 * 1024,
    swapFreeOctets: 400_000 * 1024,
  })
  expect(oomKillsIn(root)).toBe(3)
  expect(pressureIn(root, 'memory')).toBeCloseTo(0.0425)
  expect(pressureIn(root, 'io')).toBeUndefined()
  expect(loadIn(root)).toEqual({ perProcessor: 3, processors: 2 })
})

test('a machine that tells nothing is no fault', () => {
  const root = recorded({})
  expect([memoryIn(root), oomKillsIn(root), loadIn(root), warmthIn(root), mountOf(root, '/var')]).toEqual(
    Array.from({ length: 5 }, () => undefined),
  )
  expect([hasDefaultRoute(root), nameServersIn(root), portHolder(root, 'udp', 1812)]).toEqual([false, [], undefined])
})

test('this machine tells of itself', () => {
  expect(memoryIn('/')!.availableOctets).toBeGreaterThan(0)
  expect(loadIn('/')!.processors).toBeGreaterThan(0)
  expect(mountOf('/', '/proc/self')).toMatchObject({ at: '/proc', type: 'proc' })
})

test('the warmest thermometer counts, with where it has to stop; one that is broken does not', () => {
  const root = recorded({
    'sys/class/thermal/thermal_zone0/temp': '48500\n',
    'sys/class/thermal/thermal_zone0/trip_point_0_type': 'passive\n',
    'sys/class/thermal/thermal_zone0/trip_point_0_temp': '80000\n',
    'sys/class/thermal/thermal_zone0/trip_point_1_type': 'critical\n',
    'sys/class/thermal/thermal_zone0/trip_point_1_temp': '110000\n',
    'sys/class/thermal/cooling_device0/cur_state': '0\n',
    'sys/class/hwmon/hwmon0/temp1_input': '-274000\n',
    'sys/class/hwmon/hwmon0/temp2_input': '',
  })
  expect(warmthIn(root)).toEqual({ celsius: 48.5, criticalC: 110 })
  const nvme = recorded({
    'sys/class/thermal/thermal_zone0/temp': '30000\n',
    'sys/class/hwmon/hwmon1/temp1_input': '71850\n',
    'sys/class/hwmon/hwmon1/temp1_crit': '84850\n',
  })
  expect(warmthIn(nvme)).toEqual({ celsius: 71.85, criticalC: 84.85 })
})

const MOUNTS = `22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 179:2 / / ro,relatime shared:1 - squashfs /dev/mmcblk0p2 ro
40 27 179:4 / /var rw,noatime shared:9 - ext4 /dev/mmcblk0p4 rw,errors=remount-ro
41 40 8:1 / /var/my\\040data rw - ext4 /dev/sda1 ro
`

test('the file system of a folder is the innermost, and read-only where its disk has failed', () => {
  const root = recorded({ 'proc/self/mountinfo': MOUNTS })
  expect(mountOf(root, '/var/lib/lango')).toEqual({ at: '/var', device: '179:4', type: 'ext4', isReadOnly: false })
  expect(mountOf(root, '/variable')).toMatchObject({ at: '/', isReadOnly: true })
  expect(mountOf(root, '/var/my data')).toMatchObject({ device: '8:1', isReadOnly: true })
})

test('flash tells how worn it is, and its file system what it has met', () => {
  const disk = 'sys/devices/platform/mmc/mmc0/block/mmcblk0'
  const root = recorded({
    'sys/dev/block/179:4': '-> ../../devices/platform/mmc/mmc0/block/mmcblk0/mmcblk0p4',
    [`${disk}/mmcblk0p4/partition`]: '4\n',
    [`${disk}/device/life_time`]: '0x02 0x09\n',
    [`${disk}/device/pre_eol_info`]: '0x02\n',
    'sys/fs/ext4/mmcblk0p4/errors_count': '12\n',
  })
  expect(diskHealth(root, { device: '179:4', type: 'ext4' })).toEqual({
    disk: 'mmcblk0',
    errors: 12,
    wornShare: 0.9,
    isFailing: false,
    isReserveLow: true,
  })
  expect(diskHealth(root, { device: '0:25', type: 'tmpfs' })).toBeUndefined()
})

const nvme = {
  smart_status: { passed: true },
  nvme_smart_health_information_log: {
    critical_warning: 1,
    percentage_used: 104,
    available_spare: 8,
    available_spare_threshold: 10,
  },
}
const drive = (said: string) => ({
  'sys/dev/block/253:0': '-> ../../devices/virtual/block/dm-0',
  'sys/devices/virtual/block/dm-0/slaves/nvme0n1p3': '-> ../../../../pci/nvme0n1/nvme0n1p3',
  'sys/devices/pci/nvme0n1/nvme0n1p3/partition': '3\n',
  'usr/sbin/smartctl': `#!/bin/sh\n[ "$4" = /dev/nvme0n1 ] || exit 2\ncat <<'END'\n${said}\nEND\n`,
})

test('a drive is asked by smartctl where that is there, through whatever lies between', () => {
  const asked = (said: string) => diskHealth(recorded(drive(said)), { device: '253:0', type: 'ext4' })
  expect(asked(JSON.stringify(nvme))).toEqual({
    disk: 'nvme0n1',
    errors: 0,
    wornShare: 1.04,
    isFailing: true,
    isReserveLow: true,
  })
  expect(asked('{"smart_status":{"passed":false},"endurance_used":{"current_percent":7}}')).toMatchObject({
    wornShare: 0.07,
    isFailing: true,
    isReserveLow: false,
  })
  for (const nonsense of ['', '{', '[]', '{"smart_status":1}'])
    expect(asked(nonsense)).toEqual({ disk: 'nvme0n1', errors: 0, isFailing: false, isReserveLow: false })
})

test('who has a port is told by user, and by program where this user may see it', () => {
  const root = recorded({
    'proc/net/udp': `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
  310: 00000000:0714 00000000:0000 07 00000000:00000000 00:00000000 00000000   117        0 30551 2 0 0
`,
    'proc/net/tcp6': `  sl  local_address                         remote_address
   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 777 1
   1: 00000000000000000000000000000000:1F91 00000000000000000000000000000000:0000 01 00000000:00000000 00:00000000 00000000  1000        0 778 1
`,
    'etc/passwd': 'root:x:0:0::/root:/bin/sh\nfreerad:x:117:124::/etc/freeradius:/bin/false\n',
    'proc/42/comm': 'nginx\n',
    'proc/42/fd/7': '-> socket:[777]',
  })
  expect(portHolder(root, 'udp', 1812)).toEqual({ user: 'freerad' })
  expect(portHolder(root, 'tcp', 8080)).toEqual({ user: '1000', program: 'nginx', pid: 42 })
  expect(portHolder(root, 'tcp', 8081)).toBeUndefined()
  expect(portHolder(root, 'tcp', 1812)).toBeUndefined()
})

test('a way out is a route to everywhere that is not refused', () => {
  const head = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n'
  const four = (line: string) => hasDefaultRoute(recorded({ 'proc/net/route': head + line }))
  expect(four('eth0\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n')).toBe(true)
  expect(four('eth0\t00000000\t00000000\t0201\t0\t0\t100\t00000000\t0\t0\t0\n')).toBe(false)
  expect(four('eth0\t0002A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n')).toBe(false)
  const zero = '0'.repeat(32)
  const six = (gateway: string, flags: string, device: string) =>
    hasDefaultRoute(
      recorded({
        'proc/net/ipv6_route': `${zero} 00 ${zero} 00 ${gateway} 00000400 00000001 00000000 ${flags} ${device}\n`,
      }),
    )
  expect(six('fe800000000000000000000000000001', '00000003', 'eth0')).toBe(true)
  expect(six(zero, '00200200', 'lo')).toBe(false)
})

test('name servers are read in their order', () => {
  const root = recorded({
    'etc/resolv.conf': '# by hand\nnameserver 192.0.2.53\nsearch isp\nnameserver 2001:db8::53\n',
  })
  expect(nameServersIn(root)).toEqual(['192.0.2.53', '2001:db8::53'])
})
