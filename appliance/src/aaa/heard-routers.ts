import { HEALTH_ROUTER_NO } from '@lango/modules/access/rules'
import type { Request } from './login-handler.ts'
import type { Heard } from './messages.ts'

/** Which routers a thread has heard since it last told the writer. */
export class HeardRouters {
  readonly #heard = new Map<number, { requests: number; at: number; address: string }>()

  note({ client, address }: Pick<Request, 'client' | 'address'>, at: number): void {
    const { no } = client.data
    if (no === HEALTH_ROUTER_NO) return
    const known = this.#heard.get(no)
    if (known) {
      known.requests += 1
      known.at = at
      known.address = address
    } else this.#heard.set(no, { requests: 1, at, address })
  }

  take(): Heard[] {
    const heard = [...this.#heard].map(([routerNo, one]): Heard => ({ routerNo, ...one }))
    this.#heard.clear()
    return heard
  }
}
