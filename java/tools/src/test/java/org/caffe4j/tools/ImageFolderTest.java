package org.caffe4j.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.caffe4j.DataException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderTest {
    @TempDir
    Path folder;

    @BeforeEach
    void files() throws IOException {
        for (String name : List.of("b.png", "a.jpg", "c.JPG", "c.jpeg", ".hidden.jpg", "notes.txt", "jpg", "list.jpg.txt", "d.webp")) {
            Files.createFile(folder.resolve(name));
        }
        Files.createDirectory(folder.resolve("more.jpg"));
    }

    private static List<String> names(List<Path> files) {
        return files.stream().map(file -> file.getFileName().toString()).toList();
    }

    @Test
    void theUsualImagesInTheOrderOfTheirNames() {
        assertEquals(List.of("a.jpg", "b.png", "c.JPG", "c.jpeg"), names(ImageFolder.list(folder)));
    }

    @Test
    void theEndingThatIsNamedAndNoOther() {
        assertEquals(List.of("a.jpg"), names(ImageFolder.list(folder, "jpg")));
        assertEquals(List.of("d.webp"), names(ImageFolder.list(folder, "webp")));
    }

    @Test
    void aFolderWithoutImagesIsAnError() throws IOException {
        DataException none = assertThrows(DataException.class, () -> ImageFolder.list(folder, "gif"));
        assertEquals("The folder " + folder + " has no file *.gif; --ext names another ending", none.getMessage());
        Path empty = Files.createDirectory(folder.resolve("empty"));
        assertEquals("The folder " + empty + " has no file *.jpg, *.jpeg, *.png, *.bmp, *.JPG, *.JPEG, *.PNG, *.BMP",
                assertThrows(DataException.class, () -> ImageFolder.list(empty)).getMessage());
    }
}
