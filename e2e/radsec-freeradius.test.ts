import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newBox, temporaryFolder } from './box.ts'
import { freePort, radclient, startPeer, suite, writeConfig, type Peer } from './peer.ts'

const secret = 'between-router-and-box'

type Ending = { state: string; steps: { means: string; outcome: string }[] }
type Router = { name: string; folder: string; radsecPort: number; acctPort: number; coaPort: number; takes: string }

/** FreeRADIUS as a router that holds a connection; with `coa` in `takes` it hears the box on it (reverse CoA). */
const config = ({ name, folder, radsecPort, acctPort, coaPort, takes }: Router) => `
prefix = /usr
libdir = /usr/lib/freeradius
raddbdir = ${folder}
logdir = ${folder}
run_dir = ${folder}
log {
  destination = stdout
}
client box {
  ipaddr = 127.0.0.1
  secret = ${secret}
}
home_server lango {
  ipaddr = 127.0.0.1
  port = ${radsecPort}
  type = ${takes}
  secret = radsec
  proto = tcp
  status_check = none
  tls {
    private_key_file = ${folder}/${name}.key
    certificate_file = ${folder}/${name}.pem
    ca_file = ${folder}/ca.pem
    tls_min_version = "1.2"
    tls_max_version = "1.3"
    fragment_size = 8192
  }
  recv_coa {
    virtual_server = control
  }
}
home_server_pool lango {
  type = fail-over
  home_server = lango
}
realm lango {
  acct_pool = lango
}
modules {
  always ok {
    rcode = ok
  }
}
server metering {
  listen {
    type = acct
    ipaddr = 127.0.0.1
    port = ${acctPort}
  }
  preacct {
    update control {
      &Proxy-To-Realm := lango
    }
  }
}
server control {
  listen {
    type = coa
    ipaddr = 127.0.0.1
    port = ${coaPort}
  }
  recv-coa {
    ok
  }
}
`

suite('radsec freeradius', () => {
  const folder = temporaryFolder('radsec-freeradius')
  const box = newBox()
  const peers: Peer[] = []

  /** A router that the box knows at `address`; its sessions are metered through `acctPort`. */
  const dial = async (name: string, address: string, takes: string) => {
    const [acctPort, coaPort] = [await freePort(), await freePort()]
    const own = join(folder, name)
    mkdirSync(own)
    await box.json('router', 'add', name, '--address', address, '--secret', secret, '--coa-port', `${coaPort}`)
    await box.json('tls', 'issue', name, '--out', own)
    writeConfig(
      own,
      'radiusd.conf',
      config({ name, folder: own, radsecPort: box.ports.radsec, acctPort, coaPort, takes }),
    )
    const router = await startPeer('freeradius', ['-X', '-d', own, '-n', 'radiusd'], /Ready to process requests/)
    peers.push(router)
    const account = async (id: string, status: 'Start' | 'Stop') => {
      const attributes = { 'User-Name': 'amina', 'Acct-Session-Id': id, 'Acct-Status-Type': status }
      expect((await radclient(acctPort, 'acct', secret, attributes, 5)).code).toBe('Accounting-Response')
    }
    return { router, account }
  }

  const disconnect = async (id: string): Promise<{ state: string; steps: string[] }> => {
    const [ending] = JSON.parse((await box.cli('session', 'disconnect', id, '--json')).stdout) as Ending[]
    return { state: ending!.state, steps: ending!.steps.map(({ means, outcome }) => `${means}: ${outcome}`) }
  }

  beforeAll(async () => {
    await box.start()
    await box.json('plan', 'add', 'Any', '--kind', 'pppoe', '--down-kbps', '1000', '--up-kbps', '1000')
    await box.json('subscriber', 'add', 'amina', '--password', 'p', '--plan', 'Any')
  })
  afterAll(async () => {
    for (const peer of peers) await peer.stop()
    await box.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  test('a Disconnect reaches it down its own connection, where no datagram gets to', async () => {
    const { router, account } = await dial('behind-nat', '192.0.2.77', 'auth+acct+coa')
    await account('81600001', 'Start')
    const disconnecting = disconnect('81600001')
    await router.waitFor(/Received Disconnect-Request[^]*?Acct-Session-Id = "81600001"[^]*?Sent Disconnect-ACK/)
    await account('81600001', 'Stop')
    expect(await disconnecting).toEqual({
      state: 'done',
      steps: ['disconnect session+user+address over RadSec: ack', 'accounting: ended'],
    })
    expect(await box.json('session', 'show', '81600001')).toMatchObject([{ state: 'stop' }])
  })

  test('one that takes no requests on its connection is reached by UDP', async () => {
    const { router, account } = await dial('deaf', '127.0.0.1', 'auth+acct')
    await account('81600002', 'Start')
    const disconnecting = disconnect('81600002')
    await router.waitFor(/Invalid packet code 40 sent to a proxy port[^]*?Sent Disconnect-ACK/)
    await account('81600002', 'Stop')
    expect(await disconnecting).toEqual({
      state: 'done',
      steps: [
        'disconnect session+user+address over RadSec: timeout',
        'disconnect session+user+address over UDP: ack',
        'accounting: ended',
      ],
    })
  })
})
