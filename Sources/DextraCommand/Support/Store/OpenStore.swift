import Glibc
import OpenIDConnect
import Persistence

/// What to do when the database isn't there yet.
enum MissingDatabase: Sendable {
    /// A server that starts later will use it.
    case create
    /// There is nothing to show or to change, and the path is probably mistyped.
    case refuse
}

extension StoreTarget {
    func hasDatabase() throws(Failure) -> Bool {
        access(try databasePath(), F_OK) == 0 || errno != ENOENT
    }

    /// Opens the storage, lets `body` work with it, and closes it.
    func open<Value: Sendable>(
        missing: MissingDatabase, _ body: @Sendable (any Store) async throws -> Value
    ) async throws -> Value {
        let path = try databasePath()
        if try !hasDatabase() {
            switch missing {
            case .refuse:
                throw Failure("\(path): there is no such database; dextra serve makes it, or the first user, client or key")
            case .create: StandardError.write("Making a new database: \(Printable.line(path))\n")
            }
        }
        do {
            let store = try SQLiteStore(location: .file(path))
            do {
                let value = try await body(store)
                await store.close()
                return value
            } catch {
                await store.close()
                throw error
            }
        } catch let error as StoreError {
            throw Failure(error, path: path)
        }
    }
}

extension Failure {
    init(_ error: StoreError, path: String) {
        switch error {
        case .busy(let text), .diskFull(let text), .readOnly(let text), .corrupt(let text), .failed(let text):
            self.init(text)
        case .overloaded:
            self.init("\(path): too many operations wait; try again")
        case .newerSchema(let found, let known):
            self.init(
                "\(path): its schema \(found) was written by a newer dextra; this one (\(Version.text)) knows schema \(known). Use that one"
            )
        case .alreadyExists(let what):
            self.init("\(path): \(what) exists already")
        }
    }
}
