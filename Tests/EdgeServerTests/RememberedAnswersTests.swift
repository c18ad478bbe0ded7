import FoundationEssentials
import HTTPTypes
import NIOHTTP1
import OpenIDConnect
import Synchronization
import Testing
import Web

@testable import EdgeServer

@Suite struct RememberedAnswersTests {
    private final class Clock: OpenIDConnect.WallClock {
        private let seconds = Mutex(1_700_000_000.0)
        var now: Date { Date(timeIntervalSince1970: seconds.withLock { $0 }) }
        func pass(_ time: Double) { seconds.withLock { $0 += time } }
    }

    private let clock = Clock()

    private static let fields = [("Host", "a"), ("authorization", "Bearer t"), ("X-Team", "blue"), ("User-Agent", "x")]

    private func head(_ fields: [(String, String)] = fields, method: HTTPMethod = .GET, uri: String = "/p?q=1") -> HTTPRequestHead
    {
        HTTPRequestHead(version: .http1_1, method: method, uri: uri, headers: HTTPHeaders(fields))
    }

    private func remembering(_ validUntil: Date) throws -> RememberedAnswers {
        let answers = RememberedAnswers(headers: ["x-team"], clock: clock)
        var fields = HTTPFields()
        for (name, value) in Self.fields { fields.append(HTTPField(name: try #require(HTTPField.Name(name)), value: value)) }
        let note = try #require(
            answers.note(WebRequest(path: "/p", rawQuery: "q=1", headers: fields, peerAddress: "10.0.0.1")))
        answers.remember(.empty(.ok), name: "/check", validUntil: validUntil, as: note)
        return answers
    }

    @Test func `A yes serves the next request that agrees in what matters`() throws {
        let answers = try remembering(.distantFuture)
        var other = Self.fields
        other[3].1 = "another"
        #expect(answers.reply(to: head(other), peer: "10.0.0.1") != nil)
    }

    @Test(arguments: [0, 1, 2])
    func `It serves none that differs in a header that matters`(index: Int) throws {
        let answers = try remembering(.distantFuture)
        var other = Self.fields
        other[index].1 += "x"
        #expect(answers.reply(to: head(other), peer: "10.0.0.1") == nil)
        other = Self.fields
        other.append(other[index])
        #expect(answers.reply(to: head(other), peer: "10.0.0.1") == nil)
        other = Self.fields
        other.remove(at: index)
        #expect(answers.reply(to: head(other), peer: "10.0.0.1") == nil)
    }

    @Test func `It serves no other method, target or peer, and no header in disguise`() throws {
        let answers = try remembering(.distantFuture)
        #expect(answers.reply(to: head(), peer: "10.0.0.1") != nil)
        #expect(answers.reply(to: head(method: .POST), peer: "10.0.0.1") == nil)
        #expect(answers.reply(to: head(uri: "/p?q=2"), peer: "10.0.0.1") == nil)
        #expect(answers.reply(to: head(), peer: "10.0.0.2") == nil)
        for disguise in ["kubeflow_userid", "kubeflow.userid", "Kubeflow~userid"] {
            #expect(answers.reply(to: head(Self.fields + [(disguise, "root")]), peer: "10.0.0.1") == nil)
        }
    }

    @Test func `What opens a WebSocket is no request like the one before`() throws {
        let answers = try remembering(.distantFuture)
        for (name, value) in [("Upgrade", "websocket"), ("Sec-WebSocket-Key", "x"), ("Sec-Fetch-Mode", "websocket")] {
            #expect(answers.reply(to: head(Self.fields + [(name, value)]), peer: "10.0.0.1") == nil)
        }
    }

    @Test func `Values cannot run into each other`() throws {
        let answers = try remembering(.distantFuture)
        let shifted = [("Host", "a"), ("authorization", "Bearer tb"), ("X-Team", "lue"), ("User-Agent", "x")]
        #expect(answers.reply(to: head(shifted), peer: "10.0.0.1") == nil)
    }

    @Test func `It ends after seconds, or with the identity`() throws {
        let long = try remembering(.distantFuture)
        let short = try remembering(clock.now + 2)
        clock.pass(3)
        #expect(long.reply(to: head(), peer: "10.0.0.1") != nil)
        #expect(short.reply(to: head(), peer: "10.0.0.1") == nil)
        clock.pass(3)
        #expect(long.reply(to: head(), peer: "10.0.0.1") == nil)
    }

    @Test func `A revocation ends it, also what is being decided`() throws {
        let answers = try remembering(.distantFuture)
        let note = try #require(answers.note(WebRequest(path: "/late")))
        answers.clear()
        answers.remember(.empty(.ok), name: "/check", validUntil: .distantFuture, as: note)
        #expect(answers.reply(to: head(), peer: "10.0.0.1") == nil)
        #expect(answers.reply(to: head([], uri: "/late"), peer: "") == nil)
    }

    @Test func `Rules that look at another header make it matter, and end all that was remembered`() throws {
        let answers = RememberedAnswers(headers: [], clock: clock)
        let team = try #require(HTTPField.Name("X-Team"))
        func remember(_ team: HTTPField) throws -> RememberedAnswers.Note {
            try #require(answers.note(WebRequest(path: "/p", headers: HTTPFields([team]))))
        }
        let blue = HTTPField(name: team, value: "blue")
        answers.remember(.empty(.ok), name: "/check", validUntil: .distantFuture, as: try remember(blue))
        #expect(answers.reply(to: head([("X-Team", "red")], uri: "/p"), peer: "") != nil)
        let late = try remember(blue)
        answers.replace(headers: ["x-team"])
        answers.remember(.empty(.ok), name: "/check", validUntil: .distantFuture, as: late)
        #expect(answers.reply(to: head([("X-Team", "red")], uri: "/p"), peer: "") == nil)
        answers.remember(.empty(.ok), name: "/check", validUntil: .distantFuture, as: try remember(blue))
        #expect(answers.reply(to: head([("X-Team", "blue")], uri: "/p"), peer: "") != nil)
        #expect(answers.reply(to: head([("X-Team", "red")], uri: "/p"), peer: "") == nil)
        #expect(answers.reply(to: head([], uri: "/p"), peer: "") == nil)
    }
}
