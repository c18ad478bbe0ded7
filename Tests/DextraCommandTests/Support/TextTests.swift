import Foundation
import JOSE
import Testing

@testable import dextra

@Suite("Text for people")
struct TextTests {
    @Test("columns are aligned, without white space at the ends of lines")
    func table() {
        let table = Table(["ID", "NAME", "GROUPS"], rows: [["a", "Ann Example", "x,y"], ["longer-id", "Bé", ""]])
        #expect(
            table.text == """
                ID         NAME         GROUPS
                a          Ann Example  x,y
                longer-id  Bé
                """)
    }

    @Test("details are a table without headings")
    func details() {
        #expect(Table(details: [("  user ID", "1"), ("  name", "Ann")]).text == "  user ID  1\n  name     Ann")
    }

    @Test("a cell cannot change the look of the terminal, nor the shape of the table")
    func hostileCells() {
        let text = Table([], rows: [["\u{1B}[31mred", "two\nlines", "\u{202E}txet"]]).text
        #expect(text == "\\u{1b}[31mred  two\\u{a}lines  \\u{202e}txet")
    }

    @Test("escaped JSON means the same")
    func json() throws {
        let json: JSON = ["a": "\u{1B}[31m \u{9B}1m \u{202E} \u{E0001}", "b": ["c": "plain ä 🐎"]]
        let text = Printable.json(String(decoding: json.serialized(indent: 2), as: UTF8.self))
        #expect(try JSON(parsing: Array(text.utf8)) == json)
        #expect(
            text.unicodeScalars.allSatisfy {
                $0 == "\n" || ($0.properties.generalCategory != .control && $0.properties.generalCategory != .format)
            })
    }

    static let times: [(TimeInterval, String)] = [
        (0, "now"), (0.3, "now"), (1, "in 1 second"), (-1, "1 second ago"), (59, "in 59 seconds"), (60, "in 1 minute"),
        (119, "in 1 minute"),
        (1799.999, "in 30 minutes"), (3600, "in 1 hour"), (-7200, "2 hours ago"), (86_400, "in 1 day"),
        (-3 * 86_400, "3 days ago"),
        (1e300, "in 1000000000 days"),
    ]

    @Test("a time is told in its largest unit", arguments: times)
    func relativeTimes(_ offset: TimeInterval, _ words: String) {
        let now = Date(timeIntervalSince1970: 1_800_000_000)
        #expect(RelativeTime(now + offset, now: now).description == words)
    }

    static let durations: [(Duration, String)] = [
        (.zero, "0s"), (.seconds(90), "1m30s"), (.seconds(6 * 3600), "6h"), (.seconds(86_400), "24h"),
        (.milliseconds(1500), "1s500ms"),
    ]

    @Test("a duration is written as in a configuration", arguments: durations)
    func durationTexts(_ duration: Duration, _ text: String) {
        #expect(DurationText(duration).description == text)
    }
}
