import GRDB
import OpenIDConnect

extension StoreError {
    /// What went wrong in the database at `location`, in words for an operator: no SQL and no values.
    init(_ error: any Error, location: String) {
        switch error {
        case let error as StoreError:
            self = error
        case let error as DatabaseError:
            self.init(error, location: location)
        default:
            self = .failed("\(location): \(error)")
        }
    }

    private init(_ error: DatabaseError, location: String) {
        let words = error.message ?? "no details"
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self = .busy("\(location): another process keeps it locked (\(words)); end its transaction")
        case .SQLITE_FULL:
            self = .diskFull("\(location): no space left (\(words)); free some, writes go on without a restart")
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            self = .readOnly("\(location): can't be written (\(words)); this process must own the file and its directory")
        case .SQLITE_CANTOPEN:
            self = .failed(
                "\(location): can't be opened (\(words)); it must be a file in a directory that this process may write")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self = .corrupt("\(location): not a sound SQLite database (\(words)); restore it from a backup")
        case .SQLITE_IOERR:
            self = .failed(
                "\(location): input/output error \(error.extendedResultCode.rawValue) (\(words)); check disk and mount")
        default:
            self = .failed("\(location): SQLite error \(error.extendedResultCode.rawValue) (\(words))")
        }
    }
}
