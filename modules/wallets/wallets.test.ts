import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import { access } from '../access/index.ts'
import { customers } from '../customers/index.ts'
import { ledger, ledgerBalances, checkEntries } from '../ledger/index.ts'
import { listMessages, messages, setSender } from '../messages/index.ts'
import { settings } from '../settings/index.ts'
import {
  blockWallet,
  enterWallet,
  listWallets,
  renewWalletCode,
  revealWallet,
  sendMoney,
  sendWalletCode,
  showWallet,
  topUpCash,
  walletAtGate,
  wallets,
  walletLimits,
  walletTotals,
} from './index.ts'
import { wallets as table } from './tables.ts'

const AMINA = '+254712345678'
const BARAKA = '+254722000111'
const modules = [settings, messages, access, ledger, customers, wallets]

const box = () => {
  const site = memorySite(modules)
  const { must, query, dispatch, database } = site
  const balance = (number: number): number => query(showWallet, { number })!.balanceMinor
  const enter = (phone: string, code: string) => must(enterWallet, { phone, code }).opened
  const codeOf = (wallet: number): string => must(revealWallet, { wallet }).code
  const idOf = (number: number): string => query(showWallet, { number })!.id
  const texts = () => query(listMessages, {})
  return { ...site, must, query, dispatch, database, balance, enter, codeOf, idOf, texts }
}

test('cash opens the wallet of a phone and adds to it; each receipt has a number, and the cashier holds the money', () => {
  const { must, query, dispatch, balance } = box()
  const first = must(topUpCash, { phone: AMINA, amountMinor: 5000 })
  expect(first).toMatchObject({ wallet: 1, isNew: true, receipt: 1, balanceMinor: 5000 })
  expect(first.reference).toMatch(/^W[2-9A-Z]{8}$/)
  const by = { kind: 'staff', id: 'stf_1' } as const
  const again = { id: 'cmd_x', actor: by }
  const input = { phone: AMINA, amountMinor: 2500 }
  const second = dispatch(topUpCash, input, again)
  expect(second).toMatchObject({ ok: true, value: { wallet: 1, isNew: false, receipt: 2, balanceMinor: 7500 } })
  expect(dispatch(topUpCash, input, again)).toEqual(second)
  expect(balance(1)).toBe(7500)
  expect(query(showWallet, { number: 1 })!.moves).toMatchObject([
    { number: 2, kind: 'cash', minor: 2500, by: 'stf_1' },
    { number: 1, kind: 'cash', minor: 5000 },
  ])
  const { accounts } = query(ledgerBalances, {})
  expect(accounts.find(({ code }) => code === 'cash:stf_1')).toMatchObject({ kind: 'asset', balanceMinor: 2500 })
  expect(query(checkEntries, {})).toEqual({ entries: 2, broken: 0 })
  expect(query(walletTotals, {})).toEqual({
    wallets: 1,
    sums: [{ currency: 'KES', owedMinor: 7500, owingMinor: 0 }],
  })
})

test('a code opens the wallet of its phone alone; what is wrong is answered alike, and guessing comes to an end for everybody', () => {
  const { must, enter, codeOf, clock } = box()
  for (const phone of [AMINA, BARAKA]) must(topUpCash, { phone, amountMinor: 1000 })
  const [amina, baraka] = [codeOf(1), codeOf(2)]
  expect(enter(AMINA, `${amina.toLowerCase().slice(0, 3)}-${amina.slice(3)}`)).toEqual({ number: 1, codeNo: 1 })
  for (const [phone, code] of [
    [AMINA, baraka],
    [BARAKA, amina],
    ['+254733000000', amina],
    [AMINA, ''],
    [AMINA, 'nonsense'],
  ] as const)
    expect(enter(phone, code)).toBeNull()
  for (let misses = 0; misses < walletLimits.missesMax; misses++) enter(AMINA, baraka)
  expect(enter(AMINA, amina)).toBeNull()
  clock.advance(walletLimits.missesWithinMs)
  expect(enter(AMINA, amina)).toEqual({ number: 1, codeNo: 1 })
})

test('a new code shuts what the one before has opened; a blocked wallet is shut, and takes money all the same', () => {
  const { must, query, enter, codeOf, dispatch, idOf, balance } = box()
  must(topUpCash, { phone: AMINA, amountMinor: 1000 })
  const old = codeOf(1)
  expect(query(walletAtGate, { number: 1, codeNo: 1 })).toMatchObject({ phone: AMINA, balanceMinor: 1000 })
  const { code } = must(renewWalletCode, { wallet: 1 })
  expect(query(walletAtGate, { number: 1, codeNo: 1 })).toBeUndefined()
  expect([enter(AMINA, old), enter(AMINA, code)]).toEqual([null, { number: 1, codeNo: 2 }])
  must(blockWallet, { wallet: 1, blocked: true })
  expect(query(walletAtGate, { number: 1, codeNo: 2 })).toBeUndefined()
  expect(enter(AMINA, code)).toBeNull()
  const send = () => dispatch(sendMoney, { walletId: idOf(1), phone: BARAKA, amountMinor: 100 })
  expect(send()).toMatchObject({ error: { type: 'WalletBlocked' } })
  must(topUpCash, { phone: AMINA, amountMinor: 500 })
  must(blockWallet, { wallet: 1, blocked: false })
  expect(send()).toMatchObject({ ok: true })
  expect(balance(1)).toBe(1400)
})

test('money goes to a friend once however often it is pressed, and never more than is there', () => {
  const { must, query, dispatch, idOf, balance, count } = box()
  must(topUpCash, { phone: AMINA, amountMinor: 1000 })
  const send = (amountMinor: number, phone = BARAKA, id = `cmd_${amountMinor}`) =>
    dispatch(sendMoney, { walletId: idOf(1), phone, amountMinor }, { id })
  expect(send(1001)).toMatchObject({
    error: { type: 'WalletShort', balanceMinor: 1000, wantedMinor: 1001 },
  })
  // Refused: no wallet was opened for it either.
  expect(count(table)).toBe(1)
  expect(send(1, AMINA)).toMatchObject({ error: { type: 'WalletSelf' } })
  expect(send(600)).toMatchObject({ ok: true })
  expect(send(600)).toMatchObject({ ok: true })
  expect(send(600, BARAKA, 'cmd_other')).toMatchObject({ error: { type: 'WalletShort' } })
  expect([balance(1), balance(2)]).toEqual([400, 600])
  expect(query(showWallet, { number: 2 })!.moves).toMatchObject([{ kind: 'received', about: 1, minor: 600 }])
  expect(query(showWallet, { number: 1 })!.moves[0]).toMatchObject({ kind: 'sent', about: 2, minor: -600 })
})

test('where SMS are set up, whoever holds the phone is told; a forgotten code is sent seldom', () => {
  const { must, texts, clock, idOf } = box()
  must(setSender, { sender: { driver: 'africastalking', username: 'isp', prefixes: ['+254'], secret: 'x' } })
  must(topUpCash, { phone: AMINA, amountMinor: 1000 })
  must(sendMoney, { walletId: idOf(1), phone: BARAKA, amountMinor: 100 })
  expect(texts().map(({ recipient }) => recipient)).toEqual([BARAKA, AMINA])
  must(sendWalletCode, { phone: '+254733000000' })
  for (let asked = 0; asked < 3; asked++) must(sendWalletCode, { phone: AMINA })
  expect(texts()).toHaveLength(3)
  clock.advance(walletLimits.codeAgainMs)
  must(sendWalletCode, { phone: AMINA })
  expect(texts()).toHaveLength(4)
})

test('wallets are found by number, reference and phone', () => {
  const { must, query } = box()
  for (const phone of [AMINA, BARAKA]) must(topUpCash, { phone, amountMinor: 1000 })
  const [second, first] = query(listWallets, {})
  const found = (input: object) => query(listWallets, input).map(({ number }) => number)
  expect(found({ q: '2' })).toEqual([2])
  expect(found({ q: first!.reference.toLowerCase() })).toEqual([1])
  expect(found({ q: '0722', phone: BARAKA })).toEqual([2])
  expect(found({ before: second!.number, limit: 1 })).toEqual([1])
  expect(found({ status: 'blocked' })).toEqual([])
})
