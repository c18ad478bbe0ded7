import FoundationEssentials
import JOSE
import OpenIDConnect
import Persistence
import Synchronization
import Testing

@testable import Edge

struct EdgeSessionsTests {
    static let keepings: [SessionSettings.Keeping] = [.cookie, .database]

    @Test(arguments: keepings)
    func `A session says who it is, at first after looking and then at once`(_ keeping: SessionSettings.Keeping) async throws {
        let bench = try await SessionBench(keeping)
        let cookie = try await bench.begin()
        #expect(bench.known(cookie) == nil)
        let identity = try #require(await bench.ask(cookie).identity)
        #expect(identity.subject == "jane" && identity.groups == ["staff"] && identity.email == "jane@example.com")
        #expect(identity.issuer == FakeLoginProvider.issuer && identity.token != nil && identity.accessToken == nil)
        #expect(bench.known(cookie) == identity)
    }

    @Test func `A reference is less than 200 bytes, and the store can open no session`() async throws {
        let bench = try await SessionBench(.database)
        let cookie = try await bench.begin()
        let field = try #require(
            bench.settings.cookie.fields(setting: cookie, maximumAge: 86400, present: [])?.first)
        #expect(field.utf8.count < 200)
        let reference = try #require(SessionReference(cookie))
        let row = try #require(try await bench.store.edgeSession(key: reference.key))
        #expect(!row.content.contains("jane"))
        #expect(SessionReference(random: SystemRandom()).open(row.content) == nil)
        #expect(reference.open(row.content) != nil)
    }

    @Test(arguments: keepings)
    func `What was not given out is no session`(_ keeping: SessionSettings.Keeping) async throws {
        let bench = try await SessionBench(keeping)
        let cookie = try await bench.begin()
        var bytes = Array(cookie.utf8)
        bytes[bytes.count / 2] = bytes[bytes.count / 2] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        let tampered = String(decoding: bytes, as: UTF8.self)
        let otherPurpose = try bench.sealers.seal(Array("{}".utf8), purpose: "something else")
        for wrong in ["", "r.", "x", tampered, otherPurpose, cookie + cookie, "r." + String(repeating: "A", count: 43)] {
            #expect(await bench.ask(wrong).identity == nil)
            #expect(bench.known(wrong) == nil)
        }
    }

    @Test(arguments: keepings)
    func `A session is of its host alone, also once it is known`(_ keeping: SessionSettings.Keeping) async throws {
        let bench = try await SessionBench(keeping)
        let cookie = try await bench.begin()
        #expect(await bench.ask(cookie, host: "evil.example.com").reason == "the session is of another host")
        #expect(await bench.ask(cookie).identity != nil)
        #expect(bench.known(cookie, host: "evil.example.com") == nil)
        #expect(bench.known(cookie, host: "app.example.com:8443") != nil, "cookies know no ports")
        #expect(bench.authenticator.known(.session(cookie)) == nil)
    }

    @Test(arguments: keepings)
    func `Hosts of a domain share a session where the configuration says so`(_ keeping: SessionSettings.Keeping) async throws {
        let bench = try await SessionBench(keeping, domain: "example.com")
        let cookie = try await bench.begin()
        #expect(await bench.ask(cookie, host: "other.example.com").identity != nil)
        #expect(bench.settings.cookie.name == "edge")
    }

    @Test(arguments: keepings)
    func `A session ends, however much it is used`(_ keeping: SessionSettings.Keeping) async throws {
        let bench = try await SessionBench(keeping, tokenLifetime: 1_000_000) { $0.lifetime = .seconds(1000) }
        let cookie = try await bench.begin()
        bench.clock.advance(999)
        #expect(await bench.ask(cookie).identity != nil)
        #expect(bench.known(cookie) != nil)
        bench.clock.advance(2)
        #expect(bench.known(cookie) == nil)
        #expect(await bench.ask(cookie).reason == "the session has expired")
    }

    @Test(arguments: keepings)
    func `A session that nobody uses ends earlier`(_ keeping: SessionSettings.Keeping) async throws {
        let bench = try await SessionBench(keeping, tokenLifetime: 1_000_000) { $0.idleLifetime = .seconds(600) }
        var cookie = try await bench.begin()
        for _ in 0..<5 {
            bench.clock.advance(500)
            let answer = await bench.ask(cookie)
            #expect(answer.identity != nil)
            cookie = answer.newCookie ?? cookie
        }
        #expect(bench.known(cookie) != nil)
        bench.clock.advance(601)
        #expect(bench.known(cookie) == nil)
        #expect(await bench.ask(cookie).reason == "the session has expired")
    }

    // MARK: Ending

    @Test(arguments: keepings)
    func `A cookie that somebody kept is worth nothing after sign-out`(_ keeping: SessionSettings.Keeping) async throws {
        let bench = try await SessionBench(keeping)
        let cookie = try await bench.begin()
        _ = await bench.ask(cookie)
        #expect(bench.known(cookie) != nil)
        #expect(try await bench.sessions.end(cookie)?.subject == "jane")
        #expect(bench.known(cookie) == nil)
        #expect(await bench.ask(cookie).identity == nil)
        #expect(bench.provider.state.withLock { $0.revoked } == ["refresh-0"])
    }

    @Test(arguments: keepings)
    func `Another process hears of a sign-out from the store`(_ keeping: SessionSettings.Keeping) async throws {
        let here = try await SessionBench(keeping)
        let there = try await SessionBench(keeping, sharing: here)
        let cookie = try await here.begin()
        #expect(await there.ask(cookie).identity != nil)
        _ = try await here.sessions.end(cookie)
        try await there.readRevocations()
        #expect(there.known(cookie) == nil)
        #expect(await there.ask(cookie).identity == nil)
    }

    @Test(arguments: keepings)
    func `A session ends with the grant that it is made of`(_ keeping: SessionSettings.Keeping) async throws {
        let bench = try await SessionBench(keeping)
        let cookie = try await bench.begin()
        _ = await bench.ask(cookie)
        bench.revocations.add(id: "grant-0", until: .distantFuture)
        #expect(bench.known(cookie) == nil)
        #expect(await bench.ask(cookie).reason == "the session has ended")
    }

    // MARK: Refreshing

    @Test(arguments: keepings)
    func `Many requests at once refresh a session once`(_ keeping: SessionSettings.Keeping) async throws {
        let bench = try await SessionBench(keeping)
        let cookie = try await bench.begin()
        bench.provider.set { $0.groups = ["admins"] }
        bench.clock.advance(3600 - 299)
        let answers = await withTaskGroup(of: EdgeAuthentication.self) { group in
            for _ in 0..<50 { group.addTask { await bench.ask(cookie) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.allSatisfy { $0.identity?.groups == ["admins"] })
        #expect(bench.provider.state.withLock { $0.refreshes } == 1)
        // Those who still have the cookie from before, and those who have the new one.
        for cookie in [cookie, answers.lazy.compactMap(\.newCookie).first ?? cookie] {
            #expect(await bench.ask(cookie).identity?.groups == ["admins"])
        }
        #expect(bench.provider.state.withLock { $0.refreshes } == 1)
    }

    @Test(arguments: keepings)
    func `Of two processes one refreshes, and nobody is logged out`(_ keeping: SessionSettings.Keeping) async throws {
        let here = try await SessionBench(keeping)
        let there = try await SessionBench(keeping, sharing: here)
        let cookie = try await here.begin()
        here.clock.advance(3600 - 299)
        let answers = await withTaskGroup(of: EdgeAuthentication.self) { group in
            for bench in [here, there] { for _ in 0..<10 { group.addTask { await bench.ask(cookie) } } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.allSatisfy { $0.identity != nil })
        #expect(here.provider.state.withLock { $0.refreshes } == 1)
        let new = answers.lazy.compactMap(\.newCookie).first ?? cookie
        here.clock.advance(2000)
        for bench in [here, there] { #expect(await bench.ask(new).identity?.token != nil) }
    }

    @Test(arguments: keepings)
    func `A provider that does not answer logs nobody out`(_ keeping: SessionSettings.Keeping) async throws {
        let bench = try await SessionBench(keeping)
        let cookie = try await bench.begin()
        bench.provider.set { $0.refusal = .unavailable("it is down") }
        bench.clock.advance(3500)
        #expect(await bench.ask(cookie).identity?.token != nil)
        #expect(bench.known(cookie) != nil, "nobody waits for it again and again")
        bench.clock.advance(200)
        let identity = try #require(await bench.ask(cookie).identity)
        #expect(identity.token == nil, "an expired token is not passed on")
        bench.clock.advance(31)
        bench.provider.set { $0.refusal = nil }
        #expect(await bench.ask(cookie).identity?.token != nil)
        #expect(bench.provider.state.withLock { $0.refreshes } == 1)
    }

    @Test(arguments: keepings)
    func `A provider that refuses ends the session`(_ keeping: SessionSettings.Keeping) async throws {
        let bench = try await SessionBench(keeping)
        let cookie = try await bench.begin()
        bench.provider.set { $0.refusal = .refused("invalid_grant") }
        bench.clock.advance(3500)
        #expect(await bench.ask(cookie).identity == nil)
        bench.provider.set { $0.refusal = nil }
        #expect(await bench.ask(cookie).identity == nil)
    }

    @Test(arguments: keepings)
    func `A session is refreshed as often as the configuration wants`(_ keeping: SessionSettings.Keeping) async throws {
        let bench = try await SessionBench(keeping) { $0.refreshInterval = .seconds(60) }
        var cookie = try await bench.begin()
        for count in 1...3 {
            bench.clock.advance(61)
            #expect(bench.known(cookie) == nil)
            let answer = await bench.ask(cookie)
            cookie = answer.newCookie ?? cookie
            #expect(bench.provider.state.withLock { $0.refreshes } == count)
            _ = await bench.ask(cookie)
            #expect(bench.known(cookie) != nil)
        }
    }

    @Test func `Expired sessions leave the store, a bounded number at a time`() async throws {
        let bench = try await SessionBench(.database)
        for _ in 0..<10 { _ = try await bench.begin() }
        bench.clock.advance(86_401)
        let now = bench.clock.now
        #expect(try await bench.store.collectGarbage(now: now, createdBefore: nil, usedBefore: nil, limit: 4) == 4)
        #expect(try await bench.store.collectGarbage(now: now, createdBefore: nil, usedBefore: nil, limit: 100) == 6)
    }

    @Test func `What is remembered is bounded`() {
        let memory = BoundedMemory<Int, Int>(limit: 100)
        for number in 0..<10_000 {
            memory[number] = number
            // In use all the time, and so never forgotten.
            #expect(memory[0] == 0)
        }
        #expect(memory.count <= 100)
        #expect(memory[9999] == 9999 && memory[5000] == nil)
        memory[9999] = nil
        #expect(memory[9999] == nil)
    }
}
