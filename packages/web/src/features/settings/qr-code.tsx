'use client';
import { useEffect, useState } from 'react';

/** Dark on white in both themes: cameras want it so. The encoder is fetched when a code is shown. */
export const QrCode = ({ text }: { text: string }) => {
  const [path, setPath] = useState<{ d: string; size: number } | null>(null);
  useEffect(() => {
    let isHere = true;
    void import('qr').then(({ encodeQR }) => {
      const rows = encodeQR(text, 'raw', { border: 3 });
      const d = rows.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join('');
      if (isHere) setPath({ d, size: rows.length });
    });
    return () => {
      isHere = false;
    };
  }, [text]);
  return (
    <div className="size-44 rounded-code bg-[#fff] p-1">
      {path ? (
        <svg
          viewBox={`0 0 ${path.size} ${path.size}`}
          role="img"
          aria-label="QR code for signing in"
          shapeRendering="crispEdges"
        >
          <path d={path.d} fill="#10201f" />
        </svg>
      ) : null}
    </div>
  );
};
