import java.util.ArrayList;
import java.util.List;
import java.util.Scanner;

/** A program that keeps 1 KiB for each unit of work. usage: java Held.java
 *  Reads a number from each line, does so many units, and answers "done". */
public class Held {
    private static final List<byte[]> kept = new ArrayList<>();

    static void keep() {
        kept.add(new byte[1024]); // the leak
    }

    public static void main(String[] arguments) {
        Scanner lines = new Scanner(System.in);
        System.out.println("ready");
        while (lines.hasNextInt()) {
            for (int left = lines.nextInt(); left > 0; left--)
                keep();
            System.out.println("done");
        }
    }
}
