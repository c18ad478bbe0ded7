import Logging
import Synchronization
import Testing

@testable import Web

@Suite("Log lines")
struct LogTests {
    private final class Lines: Sendable {
        let text = Mutex("")
    }

    private func logged(
        _ format: LogFormat, level: Logger.Level = .info, excluded: [String] = [], _ body: (Logger) -> Void
    ) -> String {
        let lines = Lines()
        let logger = Logger(label: "test") { _ in
            LineLogHandler(
                format: format, level: level, excludedFields: excluded,
                output: LogOutput { line in lines.text.withLock { $0 += line } },
                clock: WallClock { 784_111_777_042 })
        }
        body(logger)
        return lines.text.withLock { $0 }
    }

    @Test("are text with sorted attributes")
    func text() {
        let line = logged(.text) { $0.info("login successful", metadata: ["user": "jane doe", "connector_id": "local"]) }
        #expect(
            line == "time=1994-11-06T08:49:37.042Z level=INFO msg=\"login successful\" connector_id=local user=\"jane doe\"\n")
    }

    @Test("are JSON with nested attributes")
    func json() {
        let line = logged(.json) { $0.warning("odd", metadata: ["groups": ["a", "b\""], "n": "\(7)"]) }
        #expect(line == #"{"time":"1994-11-06T08:49:37.042Z","level":"WARN","msg":"odd","groups":["a","b\""],"n":"7"}"# + "\n")
    }

    @Test(
        "cannot be forged by what they quote",
        arguments: [
            ("a\nb", #""a\nb""#), ("a\r\nlevel=ERROR", #""a\r\nlevel=ERROR""#), ("\u{1B}[2J", #""\u001b[2J""#),
            ("x=y", #""x=y""#),
            ("\u{202E}cod", #""\u202ecod""#), ("\u{2028}", #""\u2028""#), ("say \"hi\"", #""say \"hi\"""#), ("", #""""#),
            ("a\\n", #""a\\n""#), ("naïve", "naïve"), ("\u{85}", #""\u0085""#), ("\u{0}", #""\u0000""#),
        ])
    func escaped(value: String, expected: String) {
        #expect(logged(.text) { $0.info("m", metadata: ["k": "\(value)"]) }.hasSuffix(" msg=m k=\(expected)\n"))
        #expect(
            logged(.json) { $0.info("m", metadata: ["k": "\(value)"]) }.contains(
                #""k":"\#(expected.hasPrefix("\"") ? String(expected.dropFirst().dropLast()) : expected)"}"#))
        #expect(logged(.text) { $0.info("\(value)") }.filter { $0 == "\n" }.count == 1)
    }

    @Test("leave out excluded attributes and lower levels")
    func excluded() {
        let line = logged(.text, excluded: ["email"]) {
            $0.info("m", metadata: ["email": "x", "id": "1"])
            $0.debug("hidden")
        }
        #expect(line == "time=1994-11-06T08:49:37.042Z level=INFO msg=m id=1\n")
    }

    @Test("of random text stay one line each")
    func random() {
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<2000 {
            let text = String(
                String.UnicodeScalarView(
                    (0..<8).compactMap { _ in
                        Unicode.Scalar(UInt32.random(in: 0...0x2100, using: &generator))
                    }))
            for format in [LogFormat.text, .json] {
                let line = logged(format) { $0.info("m", metadata: ["k": "\(text)"]) }
                let controls = line.unicodeScalars.dropLast().filter { $0.value < 0x20 || $0.value == 0x2028 || $0.value == 0x7F }
                #expect(controls.isEmpty && line.hasSuffix("\n"))
            }
        }
    }
}

@Suite("Time")
struct UTCTimeTests {
    @Test(
        "is taken apart as calendars do",
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (1_709_164_799, "Wed, 28 Feb 2024 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        ] as [(Int64, String)])
    func calendar(seconds: Int64, expected: String) {
        #expect(UTCTime(epochSeconds: seconds).httpDate == expected)
        #expect(expected.utf8.count == LoopClock.dateLength)
    }
}
