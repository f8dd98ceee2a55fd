package org.caffe4j.data;

import org.caffe4j.DataException;

/**
 * A new database being written. It appears under its name when {@link #finish} has made all its records durable, whole; until then, and
 * when {@link #close} comes first because something failed, there is only a temporary folder beside it, which close deletes. One thread
 * at a time.
 *
 * <pre>{@code
 * try (DatabaseWriter writer = Database.create(DB.LMDB, path)) {
 *     writer.put(key, value);
 *     writer.finish();
 * }
 * }</pre>
 */
public interface DatabaseWriter extends AutoCloseable {

    /** Adds a record; a record with the same key is replaced. The arrays may be changed afterwards. @throws DataException naming the path */
    void put(byte[] key, byte[] value);

    /**
     * Makes everything put so far durable, not yet under its name; nothing can be put any more. Databases that belong together are all
     * completed before the first is finished, so that a full disk leaves none of them. @throws DataException naming the path
     */
    void complete();

    /** Makes the database visible, and before that durable unless it is {@link #complete}. @throws DataException naming the path */
    void finish();

    /** Ends the writing; what was not finished is deleted. Idempotent. */
    @Override
    void close();
}
